"""Our values as protobuf messages of google.monitoring.v3 and google.api."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.api import metric_pb2
from google.cloud import monitoring_v3

from sandbox.platform.monitoring.histogram import FINITE_BUCKETS, GROWTH, SCALE, Histogram
from sandbox.platform.monitoring.metrics import Metric, Shape, ValueType
from sandbox.platform.monitoring.store import Point, Series

ListTimeSeriesRequest: Final = monitoring_v3.ListTimeSeriesRequest.pb()
ListTimeSeriesResponse: Final = monitoring_v3.ListTimeSeriesResponse.pb()
CreateTimeSeriesRequest: Final = monitoring_v3.CreateTimeSeriesRequest.pb()
_TimeSeries: Final = monitoring_v3.TimeSeries.pb()
_Point: Final = monitoring_v3.Point.pb()


def seconds(timestamp: Any) -> float:
    return float(timestamp.ToNanoseconds() / 1e9)


def time_series(series: Series, metric: Metric, shape: Shape) -> Any:
    """Return the message of one series without its points."""
    message = _TimeSeries()
    message.metric.type = metric.type
    message.metric.labels.update(stripped(series.labels, "metric.labels."))
    message.resource.type = metric.resource_type
    message.resource.labels.update(stripped(series.labels, "resource.labels."))
    message.metric_kind = metric_pb2.MetricDescriptor.MetricKind.Value(shape.kind)
    message.value_type = metric_pb2.MetricDescriptor.ValueType.Value(shape.value_type)
    message.unit = metric.unit
    return message


def stripped(labels: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Return the labels that begin with a prefix, without it."""
    return {key.removeprefix(prefix): value for key, value in labels.items() if key.startswith(prefix)}


def point(held: Point, shape: Shape) -> Any:
    message = _Point()
    message.interval.start_time.FromNanoseconds(round(held.start * 1e9))
    message.interval.end_time.FromNanoseconds(round(held.end * 1e9))
    if isinstance(held.value, Histogram):
        _fill_distribution(message.value.distribution_value, held.value)
    elif shape.value_type is ValueType.BOOL:
        message.value.bool_value = bool(held.value)
    elif shape.value_type is ValueType.INT64:
        message.value.int64_value = int(held.value)
    else:
        message.value.double_value = held.value
    return message


def _fill_distribution(message: Any, histogram: Histogram) -> None:
    message.count = histogram.count
    message.mean = histogram.mean
    options = message.bucket_options.exponential_buckets
    options.num_finite_buckets, options.growth_factor, options.scale = FINITE_BUCKETS, GROWTH, SCALE
    message.bucket_counts.extend(histogram.dense())
