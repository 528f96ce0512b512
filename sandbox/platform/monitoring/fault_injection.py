"""What can be wrong with monitoring while the platform itself is well."""

from __future__ import annotations

from typing import Any, Final

from sandbox.platform.disturbances import Disturbance, Disturbances
from sandbox.platform.monitoring.alerting import Alerting
from sandbox.platform.monitoring.metrics import REQUEST_COUNT, REQUEST_LATENCIES, Metric
from sandbox.platform.monitoring.store import SampleStore
from sandbox.platform.monitoring.suite import MonitoringSuite

_SILENT: Final = "isectech-asset-discovery-sandbox"


def offer(board: Disturbances, suite: MonitoringSuite) -> None:
    """Offer everything; each is one thing wrong, and is taken back completely."""
    _offer_policies(board, suite)
    check = suite.uptime.checks.all[0]
    objective = suite.objectives.objectives.all[0]
    board.offer(
        Disturbance(
            name="uptime-check-missing",
            summary=f"Nobody watches {check.monitored_resource.labels['host']}",
            criteria=("INF-04",),
            break_it=lambda: suite.uptime.checks.take(check.name),
            mend_it=lambda: suite.uptime.checks.put(check),
        ),
        Disturbance(
            name="objective-drifted",
            summary="One service promises 99 % availability instead of 99.9 %",
            criteria=("MON-06",),
            break_it=lambda: _promise(objective, 0.99),
            mend_it=lambda: _promise(objective, 0.999),
        ),
        _lost("request-metric-lost", "MON-01", REQUEST_COUNT, suite.store),
        _lost("latency-metric-lost", "MON-05", REQUEST_LATENCIES, suite.store),
    )


def _offer_policies(board: Disturbances, suite: MonitoringSuite) -> None:
    errors = _policy(suite.alerting, criterion="sli-errors", band="alert")
    latency = _policy(suite.alerting, criterion="sli-latency", band="critical")
    board.offer(
        Disturbance(
            name="policy-missing",
            summary="The alert policy on the error rate was deleted",
            criteria=("MON-03",),
            break_it=lambda: suite.alerting.policies.take(errors.name),
            mend_it=lambda: suite.alerting.policies.put(errors),
        ),
        Disturbance(
            name="policy-drifted",
            summary="The critical alert on latency fires at 8 s instead of 5 s",
            criteria=("MON-03",),
            break_it=lambda: _limit(latency, 8000.0),
            mend_it=lambda: _limit(latency, 5000.0),
        ),
        Disturbance(
            name="channel-broken",
            summary="Incidents are opened, and no notification leaves",
            criteria=("MON-03",),
            break_it=lambda: _deliver(suite, is_on=False),
            mend_it=lambda: _deliver(suite, is_on=True),
        ),
    )


def _lost(name: str, criterion: str, metric: Metric, store: SampleStore) -> Disturbance:
    lost = (metric.type, _SILENT)
    return Disturbance(
        name=name,
        summary=f"{metric.display_name} of {_SILENT} does not arrive",
        criteria=(criterion,),
        break_it=lambda: store.lost.add(lost),
        mend_it=lambda: store.lost.discard(lost),
    )


def _policy(alerting: Alerting, **labels: str) -> Any:
    return next(
        policy
        for policy in alerting.policies.all
        if all(policy.user_labels.get(key) == value for key, value in labels.items())
    )


def _deliver(suite: MonitoringSuite, *, is_on: bool) -> None:
    suite.incidents.is_delivering = is_on


def _limit(policy: Any, limit: float) -> None:
    policy.conditions[0].condition_threshold.threshold_value = limit


def _promise(objective: Any, goal: float) -> None:
    objective.goal = goal
