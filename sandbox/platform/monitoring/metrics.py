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
        """Whether a point is a number."""
        return self.value_type in (ValueType.INT64, ValueType.DOUBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric's descriptor."""

    type: str
    display_name: str
    description: str
    shape: Shape
    unit: str
    labels: Mapping[str, str]
    """Label key to its description."""
    resource_type: str = RESOURCE_TYPE
    resource_labels: tuple[str, ...] = RESOURCE_LABELS
    is_delayed: bool = True
    """Whether a point becomes visible only after the delay of Cloud Run's own metrics."""


_REQUEST_LABELS: Final = {
    "response_code": "Response code of a request.",
    "response_code_class": "Response code class of a request.",
    "route": "Route name that forwards a request.",
}

REQUEST_COUNT: Final = Metric(
    type="run.googleapis.com/request_count",
    display_name="Request Count",
    description="Number of requests reaching the revision.",
    shape=Shape(Kind.DELTA, ValueType.INT64),
    unit="1",
    labels=_REQUEST_LABELS,
)
REQUEST_LATENCIES: Final = Metric(
    type="run.googleapis.com/request_latencies",
    display_name="Request Latency",
    description="Distribution of request latency in milliseconds reaching the revision.",
    shape=Shape(Kind.DELTA, ValueType.DISTRIBUTION),
    unit="ms",
    labels=_REQUEST_LABELS,
)
INSTANCE_COUNT: Final = Metric(
    type="run.googleapis.com/container/instance_count",
    display_name="Instance Count",
    description="Number of container instances that exist, broken down by state.",
    shape=Shape(Kind.GAUGE, ValueType.INT64),
    unit="1",
    labels={"state": "State of the container instances: active or idle."},
)
_SHARE: Final = Shape(Kind.DELTA, ValueType.DISTRIBUTION)
CPU: Final = Metric(
    type="run.googleapis.com/container/cpu/utilizations",
    display_name="Container CPU Utilization",
    description="Container CPU utilization distribution across all container instances.",
    shape=_SHARE,
    unit="10^2.%",
    labels={},
)
MEMORY: Final = Metric(
    type="run.googleapis.com/container/memory/utilizations",
    display_name="Container Memory Utilization",
    description="Container memory utilization distribution across all container instances.",
    shape=_SHARE,
    unit="10^2.%",
    labels={},
)
DISK: Final = Metric(
    type="cloudsql.googleapis.com/database/disk/utilization",
    display_name="Disk utilization",
    description="The fraction of the disk quota that is currently in use.",
    shape=Shape(Kind.GAUGE, ValueType.DOUBLE),
    unit="10^2.%",
    labels={},
    resource_type="cloudsql_database",
    resource_labels=("project_id", "region", "database_id"),
)
ROUND_TRIP: Final = Metric(
    type="loadbalancing.googleapis.com/https/frontend_tcp_rtt",
    display_name="Frontend RTT",
    description="Distribution of the RTT measured for each connection between client and proxy.",
    shape=_SHARE,
    unit="ms",
    labels={},
    resource_type="https_lb_rule",
    resource_labels=("project_id", "url_map_name"),
)
METRICS: Final[Mapping[str, Metric]] = {
    metric.type: metric for metric in (INSTANCE_COUNT, REQUEST_COUNT, REQUEST_LATENCIES)
}
"""What the router measures."""
HARDWARE: Final[Mapping[str, Metric]] = {metric.type: metric for metric in (CPU, MEMORY, DISK, ROUND_TRIP)}
"""What is written about processors, memory, disk and network."""
