"""Policies, channels and incidents as Google's own clients see them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from google import pubsub_v1
from google.api_core import exceptions
from google.cloud import monitoring_v3

from sandbox import topology
from sandbox.platform.contract import RequestSample
from sandbox.platform.monitoring.defaults import TEST_METRIC, TOPIC
from sandbox.platform.monitoring.histogram import Histogram
from sandbox.platform.monitoring.metrics import HARDWARE, Kind, ValueType
from sandbox.platform.monitoring.store import INTERVAL_S, Point
from tests.sandbox.observability.conftest import PARENT, SERVICE, Watch

UNKNOWN = f"{PARENT}/services/x/serviceLevelObjectives/y"
SUBSCRIPTION = f"{PARENT}/subscriptions/reader"


@pytest.fixture
def policies(watch: Watch) -> Any:
    """The real client of alert policies."""
    return watch.client(monitoring_v3.AlertPolicyServiceClient)


def write(watch: Watch, value: int, *, at: float | None = None, metric: str = TEST_METRIC) -> None:
    """Write one point of a metric of one's own."""
    series = monitoring_v3.TimeSeries(
        metric={"type": metric, "labels": {"run": "r1"}},
        resource={"type": "global", "labels": {"project_id": topology.PROJECT}},
        points=[
            {
                "interval": {"end_time": {"seconds": int(at or time.time())}},
                "value": {"int64_value": value},
            }
        ],
    )
    watch.client(monitoring_v3.MetricServiceClient).create_time_series(name=PARENT, time_series=[series])


def pulled(watch: Watch) -> list[dict[str, Any]]:
    """Pull what waits in the subscription, and acknowledge it."""
    client = watch.client(pubsub_v1.SubscriberClient)
    found = client.pull(subscription=SUBSCRIPTION, max_messages=10, return_immediately=True).received_messages
    if found:
        client.acknowledge(subscription=SUBSCRIPTION, ack_ids=[one.ack_id for one in found])
    return [json.loads(one.message.data)["incident"] for one in found]


def test_a_well_run_platform_is_configured(policies: Any, watch: Watch) -> None:
    """Each service level indicator has an alert and a critical policy, each with all channels."""
    found = list(policies.list_alert_policies(name=PARENT))
    bands = {
        (one.user_labels["criterion"], one.user_labels["band"]) for one in found if "band" in one.user_labels
    }
    assert len(bands) == 8
    channels = watch.client(monitoring_v3.NotificationChannelServiceClient)
    names = {one.name: one.type_ for one in channels.list_notification_channels(name=PARENT)}
    assert set(names.values()) == {"slack", "email", "pubsub"}
    assert all(set(one.notification_channels) == set(names) for one in found)


def test_a_written_metric_fires_the_test_alert_and_it_arrives(watch: Watch) -> None:
    """A 1 opens one incident that reaches the topic once; a 0 closes it."""
    watch.client(pubsub_v1.SubscriberClient).create_subscription(name=SUBSCRIPTION, topic=TOPIC)
    write(watch, 1, at=time.time() - 5)
    for _ in range(2):
        watch.suite.incidents.look()
    (opened,) = pulled(watch)
    assert (opened["state"], opened["metric"]["labels"]["run"]) == ("open", "r1")
    assert opened["policy_user_labels"] == {"purpose": "test-alert"}
    watch.store._written.clear()
    watch.suite.incidents.look()
    assert [one["state"] for one in pulled(watch)] == ["closed"]


def test_server_errors_open_an_incident_of_the_service(watch: Watch) -> None:
    """One failure in ten is beyond both limits of the error rate, and of the availability."""
    watch.client(pubsub_v1.SubscriberClient).create_subscription(name=SUBSCRIPTION, topic=TOPIC)
    for code in [200] * 9 + [500]:
        watch.request(code)
    watch.suite.incidents.look()
    found = pulled(watch)
    assert {one["policy_user_labels"]["criterion"] for one in found} == {"sli-errors", "sli-avail"}
    assert {one["resource"]["labels"]["service_name"] for one in found} == {SERVICE}


def test_a_broken_channel_delivers_nothing(watch: Watch) -> None:
    """Incidents are opened, and nothing is published."""
    watch.client(pubsub_v1.SubscriberClient).create_subscription(name=SUBSCRIPTION, topic=TOPIC)
    watch.board.set("channel-broken", in_force=True)
    write(watch, 1)
    watch.suite.incidents.look()
    assert pulled(watch) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"display_name": ""}, "display_name"),
        ({"conditions": []}, "conditions"),
        ({"notification_channels": [f"{PARENT}/notificationChannels/1"]}, "does not exist"),
        ({"filter": 'metric.type = "run.googleapis.com/nothing"'}, "Cannot find metric"),
        ({"filter": "metric.type ="}, "Could not parse"),
        ({"comparison": "COMPARISON_EQ"}, "COMPARISON_LT and COMPARISON_GT"),
        ({"duration": {"seconds": 61}}, "multiple of 60"),
        (
            {"filter": f'select_slo_burn_rate("{PARENT}/services/x/serviceLevelObjectives/y", "60m")'},
            "objective",
        ),
    ],
)
def test_bad_policies_are_refused(policies: Any, change: dict[str, Any], word: str) -> None:
    """What the API refuses is refused, and says which part is wrong."""
    threshold = {
        "filter": 'metric.type = "run.googleapis.com/request_count" AND resource.type = "cloud_run_revision"',
        "comparison": "COMPARISON_GT",
        "aggregations": [{"alignment_period": {"seconds": 60}, "per_series_aligner": "ALIGN_RATE"}],
    }
    inner = {key: value for key, value in change.items() if key in ("filter", "comparison", "duration")}
    values = {
        "display_name": "New",
        "combiner": "OR",
        "conditions": [{"display_name": "one", "condition_threshold": threshold | inner}],
    }
    policy = monitoring_v3.AlertPolicy(values | {k: v for k, v in change.items() if k not in inner})
    with pytest.raises(exceptions.InvalidArgument, match=word):
        policies.create_alert_policy(name=PARENT, alert_policy=policy)


def test_a_policy_is_changed_by_mask(policies: Any) -> None:
    """The mask names what changes; a field that does not exist is refused, as is an unknown policy."""
    policy = next(iter(policies.list_alert_policies(name=PARENT)))
    changed = monitoring_v3.AlertPolicy(name=policy.name, enabled=False)
    assert policies.update_alert_policy(alert_policy=changed, update_mask={"paths": ["enabled"]}).conditions
    assert policies.get_alert_policy(name=policy.name).enabled is False
    with pytest.raises(exceptions.InvalidArgument, match="no such field"):
        policies.update_alert_policy(alert_policy=changed, update_mask={"paths": ["nothing"]})
    policies.delete_alert_policy(name=policy.name)
    with pytest.raises(exceptions.NotFound):
        policies.get_alert_policy(name=policy.name)
    with pytest.raises(exceptions.PermissionDenied):
        list(policies.list_alert_policies(name="projects/other"))


@pytest.mark.parametrize(
    ("metric", "at", "error"),
    [
        ("run.googleapis.com/request_count", 0, exceptions.InvalidArgument),
        ("custom.googleapis.com/a", -26 * 3600, exceptions.InvalidArgument),
        ("custom.googleapis.com/a", 600, exceptions.InvalidArgument),
    ],
)
def test_bad_points_are_refused(watch: Watch, metric: str, at: float, error: type[Exception]) -> None:
    """Google's own metrics cannot be written; a point is neither too old nor in the future."""
    with pytest.raises(error):
        write(watch, 1, at=time.time() + at, metric=metric)


def test_written_points_are_read_back_in_order(watch: Watch) -> None:
    """A written metric can be queried; an older point than the newest is refused."""
    write(watch, 7, metric="custom.googleapis.com/seven")
    with pytest.raises(exceptions.InvalidArgument, match="in order"):
        write(watch, 8, at=time.time() - 60, metric="custom.googleapis.com/seven")
    client = watch.client(monitoring_v3.MetricServiceClient)
    now = int(time.time())
    (series,) = client.list_time_series(
        name=PARENT,
        filter='metric.type = "custom.googleapis.com/seven"',
        interval={"start_time": {"seconds": now - 60}, "end_time": {"seconds": now + 1}},
        view="FULL",
    )
    assert (series.resource.type, series.points[0].value.int64_value) == ("global", 7)


@pytest.mark.parametrize("metric", ["request_count", "request_latencies"])
def test_one_metric_of_one_service_can_be_lost(watch: Watch, metric: str) -> None:
    """The lost metric has no series of that service, the other still has."""
    lost = "isectech-asset-discovery-sandbox"
    for code in (200, 500):
        watch.request(code)
        watch.store.record(
            RequestSample(at=time.time() - 15, service=lost, revision=f"{lost}-1", code=code, latency_ms=1.0)
        )
    name = "request-metric-lost" if metric == "request_count" else "latency-metric-lost"
    watch.board.set(name, in_force=True)
    client, now = watch.client(monitoring_v3.MetricServiceClient), int(time.time())
    seen = {
        kind: {
            one.resource.labels["service_name"]
            for one in client.list_time_series(
                name=PARENT,
                filter=f'metric.type = "run.googleapis.com/{kind}"',
                interval={"start_time": {"seconds": now - 60}, "end_time": {"seconds": now + 10}},
                view="FULL",
            )
        }
        for kind in ("request_count", "request_latencies")
    }
    assert seen.pop(metric) == {SERVICE}
    assert list(seen.values()) == [{SERVICE, lost}]


def test_every_seeded_policy_can_be_evaluated_on_points(watch: Watch) -> None:
    """A point of each hardware metric, beyond every limit, opens one incident of each hardware policy."""
    now = time.time() - 5
    full = Histogram()
    full.add(1000.0)
    for metric in HARDWARE.values():
        value: float | Histogram = full if metric.shape.value_type is ValueType.DISTRIBUTION else 1.0
        start = now - INTERVAL_S if metric.shape.kind is Kind.DELTA else now
        labels = {f"resource.labels.{name}": "one" for name in metric.resource_labels}
        watch.store.write(metric, labels, Point(start, now, value))
    watch.client(pubsub_v1.SubscriberClient).create_subscription(name=SUBSCRIPTION, topic=TOPIC)
    watch.suite.incidents.look()
    told = {one["policy_user_labels"]["infrastructure"] for one in pulled(watch)}
    assert told == {"cpu-utilization", "memory-usage", "disk-space", "network-latency"}
