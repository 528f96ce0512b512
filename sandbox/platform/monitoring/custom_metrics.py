"""CreateTimeSeries: custom metrics, written by the programs that measure them.

Source: https://cloud.google.com/monitoring/custom-metrics/creating-metrics. A metric's descriptor is made by
its first point. Emulated are gauges of numbers and booleans, on one type of resource per metric.
"""

from __future__ import annotations

from typing import Any, Final

from google.api import metric_pb2
from google.protobuf import empty_pb2

from sandbox.platform.api_errors import ApiError, Code, not_emulated, refused
from sandbox.platform.monitoring import messages
from sandbox.platform.monitoring.metrics import RESOURCE_LABELS, Kind, Metric, Shape, ValueType
from sandbox.platform.monitoring.store import Point, SampleStore
from sandbox.platform.requests import require_project

_PREFIXES: Final = ("custom.googleapis.com/", "workload.googleapis.com/", "external.googleapis.com/")
_MOST_SERIES: Final = 200
_OLDEST_S: Final = 25 * 3600
_FUTURE_S: Final = 300
_TYPES: Final = {
    "bool_value": ValueType.BOOL,
    "int64_value": ValueType.INT64,
    "double_value": ValueType.DOUBLE,
}
_RESOURCES: Final = {
    "global": ("project_id",),
    "generic_task": ("project_id", "location", "namespace", "job", "task_id"),
    "cloud_run_revision": RESOURCE_LABELS,
}


def create_time_series(store: SampleStore, request: Any) -> Any:
    """Take one point for each series; good ones are kept also when others are refused, as in the real API.

    Raises:
        ApiError: the request, or at least one of its series, is refused.
    """
    require_project(request.name, store.project)
    now = store.clock()
    if not 1 <= len(request.time_series) <= _MOST_SERIES:
        raise refused(f"Field timeSeries must have 1 to {_MOST_SERIES} items.")
    bad: list[str] = []
    for index, series in enumerate(request.time_series):
        try:
            _take(store, series, now)
        except ApiError as error:
            if error.code is not Code.INVALID_ARGUMENT:
                raise
            bad.append(f"timeSeries[{index}]: {error}")
    if bad:
        raise refused("One or more TimeSeries could not be written: " + "; ".join(bad))
    return empty_pb2.Empty()


def _take(store: SampleStore, series: Any, now: float) -> None:
    metric, point = _metric(store, series), _point(series, now)
    labels = {f"metric.labels.{key}": value for key, value in series.metric.labels.items()}
    labels |= {f"resource.labels.{key}": value for key, value in series.resource.labels.items()}
    labels["resource.labels.project_id"] = store.project
    if not store.write(metric, labels, point):
        raise refused("Points must be written in order: a newer point is there already.")


def _metric(store: SampleStore, series: Any) -> Metric:
    metric_type, resource = series.metric.type, series.resource.type
    if not metric_type.startswith(_PREFIXES):
        raise refused(f'The metric type must begin with {" or ".join(_PREFIXES)}, got "{metric_type}".')
    if resource not in _RESOURCES:
        raise refused(f'Unrecognized or unsupported resource "{resource}".')
    known = store.metrics.get(metric_type)
    shape = _shape(series)
    if known is not None and known.resource_type != resource:
        raise not_emulated("One metric on several types of resource")
    if known is not None and known.shape != shape:
        raise refused(f"{metric_type} is {known.shape.kind} {known.shape.value_type}, not {shape}.")
    labels = known.labels if known is not None else ()
    return Metric(
        type=metric_type,
        shape=shape,
        unit=series.unit or "1",
        labels=tuple(dict.fromkeys([*labels, *series.metric.labels])),
        resource_type=resource,
        resource_labels=_RESOURCES[resource],
        is_delayed=False,
    )


def _shape(series: Any) -> Shape:
    kinds = metric_pb2.MetricDescriptor.MetricKind
    if series.metric_kind == kinds.CUMULATIVE:
        raise not_emulated("A cumulative metric")
    if series.metric_kind not in (kinds.METRIC_KIND_UNSPECIFIED, kinds.GAUGE):
        raise refused("A written metric is GAUGE or CUMULATIVE.")
    if len(series.points) != 1:
        raise refused("Each TimeSeries must have exactly one point.")
    kind = series.points[0].value.WhichOneof("value")
    if kind == "distribution_value":
        raise not_emulated("A written distribution")
    if kind not in _TYPES:
        raise refused("A point needs a value of type BOOL, INT64 or DOUBLE.")
    return Shape(Kind.GAUGE, _TYPES[kind])


def _point(series: Any, now: float) -> Point:
    point = series.points[0]
    if not point.interval.HasField("end_time"):
        raise refused("Field points[0].interval.endTime is required.")
    end = messages.seconds(point.interval.end_time)
    if not now - _OLDEST_S <= end <= now + _FUTURE_S:
        raise refused("A point ends at most 25 hours in the past and 5 minutes in the future.")
    if point.interval.HasField("start_time") and messages.seconds(point.interval.start_time) != end:
        raise refused("The start time of a gauge's point equals its end time.")
    return Point(end, end, getattr(point.value, point.value.WhichOneof("value")))
