"""Our values as protobuf messages of google.monitoring.v3 and google.api."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.api import label_pb2, metric_pb2
from google.cloud import monitoring_v3

from sandbox.platform.monitoring.histogram import FINITE_BUCKETS, GROWTH, SCALE, Histogram
from sandbox.platform.monitoring.metrics import Metric, Shape, ValueType
from sandbox.platform.monitoring.store import Point, Series

ListTimeSeriesRequest: Final = monitoring_v3.ListTimeSeriesRequest.pb()
ListTimeSeriesResponse: Final = monitoring_v3.ListTimeSeriesResponse.pb()
ListMetricDescriptorsRequest: Final = monitoring_v3.ListMetricDescriptorsRequest.pb()
ListMetricDescriptorsResponse: Final = monitoring_v3.ListMetricDescriptorsResponse.pb()
GetMetricDescriptorRequest: Final = monitoring_v3.GetMetricDescriptorRequest.pb()
CreateTimeSeriesRequest: Final = monitoring_v3.CreateTimeSeriesRequest.pb()
_TimeSeries: Final = monitoring_v3.TimeSeries.pb()
_Point: Final = monitoring_v3.Point.pb()


def seconds(timestamp: Any) -> float:
    """Return a Timestamp as unix seconds."""
    return float(timestamp.ToNanoseconds() / 1e9)


def time_series(series: Series, metric: Metric, shape: Shape) -> Any:
    """Return the message of one series without its points."""
    message = _TimeSeries()
    message.metric.type = metric.type
    message.metric.labels.update(_stripped(series.labels, "metric.labels."))
    message.resource.type = metric.resource_type
    message.resource.labels.update(_stripped(series.labels, "resource.labels."))
    message.metric_kind = metric_pb2.MetricDescriptor.MetricKind.Value(shape.kind)
    message.value_type = metric_pb2.MetricDescriptor.ValueType.Value(shape.value_type)
    message.unit = metric.unit
    return message


def _stripped(labels: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): value for key, value in labels.items() if key.startswith(prefix)}


def point(held: Point, shape: Shape) -> Any:
    """Return the message of one point."""
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


def metric_descriptor(metric: Metric, project: str) -> Any:
    """Return the message that describes a metric."""
    return metric_pb2.MetricDescriptor(
        name=f"projects/{project}/metricDescriptors/{metric.type}",
        type=metric.type,
        display_name=metric.display_name,
        description=metric.description,
        metric_kind=metric_pb2.MetricDescriptor.MetricKind.Value(metric.shape.kind),
        value_type=metric_pb2.MetricDescriptor.ValueType.Value(metric.shape.value_type),
        unit=metric.unit,
        labels=[label_pb2.LabelDescriptor(key=key, description=text) for key, text in metric.labels.items()],
        monitored_resource_types=[metric.resource_type],
    )
