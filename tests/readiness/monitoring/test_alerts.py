"""Do alert policies watch the agreed limits, and does an alert reach its channel?"""

from __future__ import annotations

import json
import math
import re
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from google import pubsub_v1
from google.cloud import monitoring_v3

from gates.model.criterion import PLATFORM, Comparator
from gates.model.target import Demand, Target
from journeys.checks import demand
from tests.observing import TIMEOUT_S, wait_for

Made = Callable[[str], Callable[[], None]]
Google = Callable[[type[Any]], Any]

_WATCHES: Final = {
    "SLI-AVAIL": "request_count",
    "SLI-LATENCY": "request_latencies",
    "SLI-ERRORS": "request_count",
    "SLI-THROUGHPUT": "request_count",
}
"""Service level indicator and the metric of Cloud Run that an alert on it must be about."""
_QUERY_LIMIT: Final = re.compile(r">\s*([0-9.]+)\s*$")
_TYPE: Final = re.compile(r'metric\.type\s*=\s*"([^"]+)"')


@pytest.fixture(scope="module")
def policies(google: Google, target: Target) -> list[Any]:
    """Give every alert policy that is switched on."""
    client = google(monitoring_v3.AlertPolicyServiceClient)
    found = client.list_alert_policies(name=f"projects/{target.project}", timeout=TIMEOUT_S)
    return [policy for policy in found if policy.enabled]


@pytest.mark.criterion("MON-03")
def test_policies_match_limits(target: Target, policies: list[Any]) -> None:
    """Each indicator has one policy for its alert and one for its critical limit, with that very limit."""
    flaws: list[str] = []
    for criterion in _WATCHES:
        wanted = target.demand(criterion)
        bands = wanted.bands
        assert bands is not None, f"{criterion} has no bands to compare with"
        for band, limit in (("alert", bands.alert), ("critical", bands.critical)):
            labels = {"criterion": criterion.lower(), "band": band}
            ours = [one for one in policies if labels.items() <= dict(one.user_labels).items()]
            if len(ours) != 1:
                flaws.append(f"{criterion} has {len(ours)} {band} policies")
            else:
                flaws += [f"{criterion} {band}: {flaw}" for flaw in _flaws(ours[0], wanted, limit)]
    demand(not flaws, "; ".join(flaws), blames=PLATFORM)


def _flaws(policy: Any, wanted: Demand, limit: float) -> Iterator[str]:
    if not policy.notification_channels:
        yield "tells nobody"
    if len(policy.conditions) != 1:
        yield f"has {len(policy.conditions)} conditions"
        return
    condition = policy.conditions[0]
    if wanted.comparator is Comparator.WITHIN:
        yield from _query_flaws(condition.condition_prometheus_query_language.query, wanted, limit)
    else:
        yield from _threshold_flaws(condition.condition_threshold, wanted, limit)


def _query_flaws(query: str, wanted: Demand, limit: float) -> Iterator[str]:
    seen = _QUERY_LIMIT.search(query)
    if seen is None or not math.isclose(float(seen[1]), limit):
        yield f"asks {query!r}, agreed is a deviation of {limit:g}"
    if _WATCHES[wanted.criterion] not in query:
        yield f"watches {query!r}"


def _threshold_flaws(threshold: Any, wanted: Demand, limit: float) -> Iterator[str]:
    if not math.isclose(threshold.threshold_value, limit):
        yield f"fires at {threshold.threshold_value:g}, agreed is {limit:g}"
    is_below = wanted.comparator in (Comparator.GE, Comparator.GT)
    direction = "COMPARISON_LT" if is_below else "COMPARISON_GT"
    if threshold.comparison.name != direction:
        yield f"fires by {threshold.comparison.name}"
    if _TYPE.findall(threshold.filter) != [f"run.googleapis.com/{_WATCHES[wanted.criterion]}"]:
        yield f"watches {threshold.filter!r}"
    reducers = {one.cross_series_reducer.name for one in threshold.aggregations}
    if wanted.unit == "ms" and reducers != {"REDUCE_PERCENTILE_95"}:
        yield f"looks at {', '.join(sorted(reducers)) or 'single series'} instead of the 95th percentile"


@pytest.mark.criterion("MON-03")
@pytest.mark.impact("noisy")
def test_alert_arrives(target: Target, policies: list[Any], google: Google, label: str, made: Made) -> None:
    """A point beyond the test policy's limit opens an incident that arrives at a channel of all policies."""
    ours = [one for one in policies if one.user_labels.get("purpose") == "test-alert"]
    demand(len(ours) == 1, f"has {len(ours)} policies for a test alert", blames=PLATFORM)
    topic, channel = _topic(ours[0], google)
    demand(topic, "the test policy has no Pub/Sub channel that a machine can read", blames=PLATFORM)
    deaf = [
        one.display_name
        for one in policies
        if "band" in one.user_labels and channel not in one.notification_channels
    ]
    demand(not deaf, f"the channel that is tried is none of {', '.join(deaf)}", blames=PLATFORM)

    within_s = target.demand("MON-03").limit("arrivesWithinSeconds")
    run = f"{label}-{secrets.token_hex(4)}"
    subscriber = google(pubsub_v1.SubscriberClient)
    subscription = f"projects/{target.project}/subscriptions/{run}"
    gone = made(f"the subscription {subscription}")
    subscriber.create_subscription(name=subscription, topic=topic, timeout=TIMEOUT_S)
    try:
        _write(google(monitoring_v3.MetricServiceClient), target, ours[0], run)
        arrived = wait_for(lambda: _incidents(subscriber, subscription, run), seconds=within_s)
    finally:
        subscriber.delete_subscription(subscription=subscription, timeout=TIMEOUT_S)
        gone()
    demand(arrived, f"no test alert arrived within {within_s:g} s", blames=PLATFORM)


def _topic(policy: Any, google: Google) -> tuple[str, str]:
    """Return the topic and the name of the policy's first Pub/Sub channel, empty without one."""
    client = google(monitoring_v3.NotificationChannelServiceClient)
    for name in policy.notification_channels:
        channel = client.get_notification_channel(name=name, timeout=TIMEOUT_S)
        if channel.type_ == "pubsub" and channel.enabled:
            return channel.labels["topic"], name
    return "", ""


def _write(client: Any, target: Target, policy: Any, run: str) -> None:
    metric = _TYPE.findall(policy.conditions[0].condition_threshold.filter)[0]
    series = monitoring_v3.TimeSeries(
        metric={"type": metric, "labels": {"run": run}},
        resource={"type": "global", "labels": {"project_id": target.project}},
        points=[{"interval": {"end_time": {"seconds": int(time.time())}}, "value": {"int64_value": 1}}],
    )
    client.create_time_series(name=f"projects/{target.project}", time_series=[series], timeout=TIMEOUT_S)


def _incidents(subscriber: Any, subscription: str, run: str) -> list[Any]:
    answer = subscriber.pull(subscription=subscription, max_messages=20, timeout=TIMEOUT_S)
    incidents = [json.loads(one.message.data).get("incident", {}) for one in answer.received_messages]
    if answer.received_messages:
        ids = [one.ack_id for one in answer.received_messages]
        subscriber.acknowledge(subscription=subscription, ack_ids=ids, timeout=TIMEOUT_S)
    return [
        one
        for one in incidents
        if one.get("state") == "open" and one.get("metric", {}).get("labels", {}).get("run") == run
    ]
