"""The metrics of Cloud Run that the local Monitoring has: names, kinds, types and labels as documented.

Source: https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

RESOURCE_TYPE: Final = "cloud_run_revision"
RESOURCE_LABELS: Final = (
    "project_id",
    "location",
    "service_name",
    "revision_name",
    "configuration_name",
)


class Kind(StrEnum):
    """Whether a point is a change over an interval or a state at a moment."""

    DELTA = "DELTA"
    GAUGE = "GAUGE"


class ValueType(StrEnum):
    """What a point holds."""

    INT64 = "INT64"
    DOUBLE = "DOUBLE"
    DISTRIBUTION = "DISTRIBUTION"
    BOOL = "BOOL"


@dataclass(frozen=True, slots=True)
class Shape:
    """What the points of a series are; aligners and reducers turn one shape into another."""

    kind: Kind
    value_type: ValueType

    @property
    def is_numeric(self) -> bool:
        return self.value_type in (ValueType.INT64, ValueType.DOUBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric's descriptor."""

    type: str
    shape: Shape
    unit: str = "1"
    labels: tuple[str, ...] = ()
    resource_type: str = RESOURCE_TYPE
    resource_labels: tuple[str, ...] = RESOURCE_LABELS
    is_delayed: bool = True
    """Whether a point becomes visible only after the delay of Cloud Run's own metrics."""

    @property
    def keys(self) -> frozenset[str]:
        """Its labels and those of its resource, as they are written in a filter."""
        return frozenset(
            [f"metric.labels.{label}" for label in self.labels]
            + [f"resource.labels.{label}" for label in self.resource_labels]
        )


_SHARE: Final = Shape(Kind.DELTA, ValueType.DISTRIBUTION)
_FRACTION: Final = "10^2.%"
_OF_REQUESTS: Final = ("response_code", "response_code_class", "route")

REQUEST_COUNT: Final = Metric(
    type="run.googleapis.com/request_count", shape=Shape(Kind.DELTA, ValueType.INT64), labels=_OF_REQUESTS
)
REQUEST_LATENCIES: Final = Metric(
    type="run.googleapis.com/request_latencies", shape=_SHARE, unit="ms", labels=_OF_REQUESTS
)
INSTANCE_COUNT: Final = Metric(
    type="run.googleapis.com/container/instance_count",
    shape=Shape(Kind.GAUGE, ValueType.INT64),
    labels=("state",),
)
CPU: Final = Metric(type="run.googleapis.com/container/cpu/utilizations", shape=_SHARE, unit=_FRACTION)
MEMORY: Final = Metric(type="run.googleapis.com/container/memory/utilizations", shape=_SHARE, unit=_FRACTION)
DISK: Final = Metric(
    type="cloudsql.googleapis.com/database/disk/utilization",
    shape=Shape(Kind.GAUGE, ValueType.DOUBLE),
    unit=_FRACTION,
    resource_type="cloudsql_database",
    resource_labels=("project_id", "region", "database_id"),
)
ROUND_TRIP: Final = Metric(
    type="loadbalancing.googleapis.com/https/frontend_tcp_rtt",
    shape=_SHARE,
    unit="ms",
    resource_type="https_lb_rule",
    resource_labels=("project_id", "url_map_name"),
)
MEASURED: Final = (REQUEST_COUNT, REQUEST_LATENCIES)
"""What the router measures."""
METRICS: Final[Mapping[str, Metric]] = {metric.type: metric for metric in (INSTANCE_COUNT, *MEASURED)}
"""What Cloud Run itself counts."""
HARDWARE: Final[Mapping[str, Metric]] = {metric.type: metric for metric in (CPU, MEMORY, DISK, ROUND_TRIP)}
"""What is written about processors, memory, disk and network."""
