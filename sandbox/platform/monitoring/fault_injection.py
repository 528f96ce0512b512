"""What can be wrong with monitoring while the platform itself is well."""

from __future__ import annotations

from typing import Any, Final

from sandbox import topology
from sandbox.platform.disturbances import Disturbances, Switch
from sandbox.platform.monitoring.alerting import Alerting
from sandbox.platform.monitoring.collection import Collection
from sandbox.platform.monitoring.metrics import REQUEST_COUNT, REQUEST_LATENCIES
from sandbox.platform.monitoring.suite import MonitoringSuite

_SILENT: Final = topology.cloud_run_name("asset-discovery")


def offer(board: Disturbances, suite: MonitoringSuite) -> None:
    """Offer everything; each is one thing wrong, and is taken back completely."""
    errors = _policy(suite.alerting, criterion="sli-errors", band="alert")
    latency = _policy(suite.alerting, criterion="sli-latency", band="critical")
    threshold = latency.conditions[0].condition_threshold
    check, objective = suite.uptime.checks.all[0], suite.objectives.objectives.all[0]
    host = check.monitored_resource.labels["host"]
    board.offer(
        "policy-missing",
        "The alert policy on the error rate was deleted",
        ("MON-03",),
        taken_from(suite.alerting.policies, errors),
    )
    board.offer(
        "policy-drifted",
        "The critical alert on latency fires at 8 s instead of 5 s",
        ("MON-03",),
        lambda is_wrong: setattr(threshold, "threshold_value", 8000.0 if is_wrong else 5000.0),
    )
    board.offer(
        "channel-broken",
        "Incidents are opened, and no notification leaves",
        ("MON-03",),
        lambda is_wrong: setattr(suite.incidents, "is_delivering", not is_wrong),
    )
    board.offer(
        "uptime-check-missing",
        f"No uptime check watches {host}",
        ("INF-04",),
        taken_from(suite.uptime.checks, check),
    )
    board.offer(
        "objective-drifted",
        "One service promises 99 % availability instead of 99.9 %",
        ("MON-06",),
        lambda is_wrong: setattr(objective, "goal", 0.99 if is_wrong else 0.999),
    )
    for name, criterion, metric in (
        ("request-metric-lost", "MON-01", REQUEST_COUNT),
        ("latency-metric-lost", "MON-05", REQUEST_LATENCIES),
    ):
        summary = f"{metric.type} of {_SILENT} does not arrive"
        board.offer(name, summary, (criterion,), _losing(suite.store.lost, (metric.type, _SILENT)))


def taken_from(collection: Collection, message: Any) -> Switch:
    """Return what takes a resource out of its collection, and puts it back."""
    return lambda is_wrong: collection.take(message.name) if is_wrong else collection.put(message)


def _losing(lost: set[tuple[str, str | None]], pair: tuple[str, str]) -> Switch:
    return lambda is_wrong: (lost.add if is_wrong else lost.discard)(pair)


def _policy(alerting: Alerting, **labels: str) -> Any:
    return next(
        policy
        for policy in alerting.policies.all
        if all(policy.user_labels.get(key) == value for key, value in labels.items())
    )
