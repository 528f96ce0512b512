"""What the platform has configured in Monitoring: channels, alert policies, uptime checks, objectives.

The limits are those of the guide's tables of service level indicators and infrastructure metrics.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from google.cloud import monitoring_v3

from sandbox import topology
from sandbox.platform.monitoring.alerting import Alerting
from sandbox.platform.monitoring.metrics import CPU, DISK, MEMORY, ROUND_TRIP
from sandbox.platform.monitoring.objectives import Objectives
from sandbox.platform.monitoring.uptime_checks import UptimeChecks

TEST_METRIC: Final = "custom.googleapis.com/release_gate/test_alert"
TOPIC: Final = f"projects/{topology.PROJECT}/topics/alerts"
_PARENT: Final = f"projects/{topology.PROJECT}"
_RUN: Final = 'resource.type = "cloud_run_revision" AND metric.type = "run.googleapis.com/{}"'
_GT: Final = "COMPARISON_GT"
_LT: Final = "COMPARISON_LT"
_BY_SERVICE: Final = ("resource.labels.service_name",)
_P95: Final = "REDUCE_PERCENTILE_95"
_CLASS: Final = " AND metric.labels.response_code_class"
_INFRASTRUCTURE: Final = (
    ("CPU utilization", CPU, "ALIGN_PERCENTILE_99", 0.80),
    ("Memory usage", MEMORY, "ALIGN_PERCENTILE_99", 0.85),
    ("Disk space", DISK, "ALIGN_MAX", 0.80),
    ("Network latency", ROUND_TRIP, "ALIGN_PERCENTILE_99", 100.0),
)


def configure(alerting: Alerting, uptime: UptimeChecks, objectives: Objectives) -> None:
    _seed_objectives(objectives)
    channels = _seed_channels(alerting)
    for policy in (*_indicators(), *_infrastructure(), *_burn_rates(), _test_alert()):
        policy.notification_channels.extend(channels)
        alerting.policies.add(_PARENT, policy)
    for service in topology.SERVICES:
        if service.public_host:
            uptime.checks.add(_PARENT, _uptime_check(service))


def _seed_channels(alerting: Alerting) -> list[str]:
    wanted = (
        ("Incidents in Slack", "slack", {"channel_name": "#incidents", "team": "isectech"}),
        ("Incidents by e-mail", "email", {"email_address": "incidents@isectech.com"}),
        ("Incidents for machines", "pubsub", {"topic": TOPIC}),
    )
    made = []
    for title, kind, labels in wanted:
        channel = monitoring_v3.NotificationChannel(
            display_name=title, type_=kind, labels=labels, enabled=True
        )
        made.append(alerting.channels.add(_PARENT, channel).name)
    return made


def _indicators() -> Iterator[Any]:
    by_service: dict[str, Any] = {
        "group_by_fields": ("resource.labels.service_name",),
        "per_series_aligner": "ALIGN_DELTA",
    }
    counted = {"cross_series_reducer": "REDUCE_SUM", **by_service}
    p95 = {"cross_series_reducer": "REDUCE_PERCENTILE_95", **by_service}
    requests, latencies = _RUN.format("request_count"), _RUN.format("request_latencies")
    failed, answered = f'{requests}{_CLASS} = "5xx"', f'{requests}{_CLASS} != "5xx"'
    for band, ratio, milliseconds, errors, deviation in (
        ("alert", 0.995, 3000.0, 0.005, 0.3),
        ("critical", 0.99, 5000.0, 0.01, 0.5),
    ):
        yield _indicator("sli-avail", band, _threshold(answered, _LT, ratio, over=requests, **counted))
        yield _indicator("sli-latency", band, _threshold(latencies, _GT, milliseconds, **p95))
        yield _indicator("sli-errors", band, _threshold(failed, _GT, errors, over=requests, **counted))
        yield _indicator("sli-throughput", band, _deviation(deviation))


def _indicator(criterion: str, band: str, condition: dict[str, Any]) -> Any:
    title = f"{criterion.removeprefix('sli-')} beyond its {band} limit"
    severity = "CRITICAL" if band == "critical" else "ERROR"
    return _policy(title, {"criterion": criterion, "band": band}, {title: condition}, severity=severity)


def _policy(
    title: str, labels: dict[str, str], conditions: dict[str, dict[str, Any]], *, severity: str | None = None
) -> Any:
    return monitoring_v3.AlertPolicy(
        display_name=title,
        user_labels=labels,
        conditions=[{"display_name": name, **condition} for name, condition in conditions.items()],
        combiner="OR",
        enabled=True,
        severity=severity,
    )


def _threshold(text: str, comparison: str, limit: float, *, over: str = "", **how: Any) -> dict[str, Any]:
    """Return a condition on a metric, or on its ratio `over` another; `how` sets the aggregation."""
    aggregations = [{"alignment_period": {"seconds": 60}, **how}] if how else []
    threshold: dict[str, Any] = {
        "filter": text,
        "aggregations": aggregations,
        "comparison": comparison,
        "threshold_value": limit,
        "duration": {"seconds": 0},
    }
    if over:
        threshold |= {"denominator_filter": over, "denominator_aggregations": aggregations}
    return {"condition_threshold": threshold}


def _deviation(limit: float) -> dict[str, Any]:
    counted = 'run_googleapis_com:request_count{monitored_resource="cloud_run_revision"}'
    rate = f"sum by (service_name) (rate({counted}"
    query = f"abs({rate}[1h])) / {rate}[1h] offset 1w)) - 1) > {limit}"
    return {"condition_prometheus_query_language": {"query": query, "evaluation_interval": {"seconds": 60}}}


def _infrastructure() -> Iterator[Any]:
    for title, metric, aligner, limit in _INFRASTRUCTURE:
        condition = _threshold(f'metric.type = "{metric.type}"', _GT, limit, per_series_aligner=aligner)
        condition["condition_threshold"]["duration"] = {"seconds": 300}
        yield _policy(title, {"infrastructure": title.lower().replace(" ", "-")}, {title: condition})


def _test_alert() -> Any:
    """A policy that fires when a 1 is written: whether an alert arrives can be tried at any time."""
    text = f'resource.type = "global" AND metric.type = "{TEST_METRIC}"'
    condition = _threshold(text, _GT, 0.0, per_series_aligner="ALIGN_MAX")
    return _policy("Test alert", {"purpose": "test-alert"}, {"The alerting is tried": condition})


def _burn_rates() -> Iterator[Any]:
    """One policy for each service: its error budgets burn ten times as fast as they may."""
    for service in topology.SERVICES:
        objectives = f"{_PARENT}/services/{service.cloud_run_name}/serviceLevelObjectives"
        conditions = {
            identifier: _threshold(f'select_slo_burn_rate("{objectives}/{identifier}", "3600s")', _GT, 10.0)
            for identifier in _promises()
        }
        yield _policy(f"{service.name} burns its error budget", {"service": service.name}, conditions)


def _seed_objectives(objectives: Objectives) -> None:
    for service in topology.SERVICES:
        name = service.cloud_run_name
        kept = monitoring_v3.Service(
            display_name=name, cloud_run={"service_name": name, "location": topology.REGION}
        )
        parent = objectives.services.add(_PARENT, kept, name).name
        for identifier, objective in _promises().items():
            objectives.objectives.add(parent, objective, identifier)


def _promises() -> dict[str, Any]:
    month = {"seconds": 28 * 24 * 3600}
    counted = _RUN.format("request_count")
    ratio = {
        "good_service_filter": f'{counted}{_CLASS} != "5xx"',
        "total_service_filter": counted,
    }
    cut = {"distribution_filter": _RUN.format("request_latencies"), "range_": {"max_": 2000.0}}
    return {
        "availability": _objective("sli-avail", 0.999, {"good_total_ratio": ratio}, month),
        "latency": _objective("sli-latency", 0.95, {"distribution_cut": cut}, month),
        "errors": _objective("sli-errors", 0.999, {"good_total_ratio": ratio}, month),
    }


def _objective(criterion: str, goal: float, how: dict[str, Any], period: dict[str, int]) -> Any:
    return monitoring_v3.ServiceLevelObjective(
        display_name=criterion,
        user_labels={"criterion": criterion},
        goal=goal,
        rolling_period=period,
        service_level_indicator={"request_based": how},
    )


def _uptime_check(service: topology.SandboxService) -> Any:
    return monitoring_v3.UptimeCheckConfig(
        display_name=f"{service.name} answers",
        monitored_resource={
            "type": "uptime_url",
            "labels": {"host": service.public_host, "project_id": topology.PROJECT},
        },
        http_check={"path": "/healthz", "port": 443, "use_ssl": True, "validate_ssl": True},
        period={"seconds": 60},
        timeout={"seconds": 10},
    )
