"""The raw protobuf messages of google.cloud.run.v2, under short names.

The client library ships proto-plus wrappers; the classes behind them copy, compare and pack without wrapping.
Of the Python names one differs from the .proto files: the field `type` is `type_`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from google.cloud import run_v2
from google.protobuf import timestamp_pb2

if TYPE_CHECKING:
    Condition: TypeAlias = Any
    Container: TypeAlias = Any
    Probe: TypeAlias = Any
    Revision: TypeAlias = Any
    Service: TypeAlias = Any
    Template: TypeAlias = Any
    TrafficStatus: TypeAlias = Any
    TrafficTarget: TypeAlias = Any
else:
    Condition = run_v2.Condition.pb()
    Container = run_v2.Container.pb()
    Probe = run_v2.Probe.pb()
    Revision = run_v2.Revision.pb()
    Service = run_v2.Service.pb()
    Template = run_v2.RevisionTemplate.pb()
    TrafficStatus = run_v2.TrafficTargetStatus.pb()
    TrafficTarget = run_v2.TrafficTarget.pb()

LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST.value
REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION.value

RECONCILING = run_v2.Condition.State.CONDITION_RECONCILING.value
FAILED = run_v2.Condition.State.CONDITION_FAILED.value
SUCCEEDED = run_v2.Condition.State.CONDITION_SUCCEEDED.value

AUTOMATIC = run_v2.ServiceScaling.ScalingMode.AUTOMATIC.value
MANUAL = run_v2.ServiceScaling.ScalingMode.MANUAL.value

INGRESS = {1: "all", 2: "internal", 3: "internal-and-cloud-load-balancing"}
GENERAL_AVAILABILITY = 4


def now() -> timestamp_pb2.Timestamp:
    stamp = timestamp_pb2.Timestamp()
    stamp.GetCurrentTime()
    return stamp


def condition(kind: str, state: int, message: str = "", **reason: int) -> Condition:
    """Return a condition that changed just now; `reason` is one of the reason fields."""
    return Condition(type_=kind, state=state, message=message, last_transition_time=now(), **reason)
