"""The three reads of MetricService as functions from a request and a store to a response."""

from __future__ import annotations

import re
from typing import Any, Final

from sandbox.platform.monitoring import messages
from sandbox.platform.monitoring.aggregation import read_aggregation
from sandbox.platform.monitoring.errors import (
    DeniedProjectError,
    InvalidQueryError,
    NotEmulatedError,
    UnknownMetricError,
)
from sandbox.platform.monitoring.filters import Filter, parse_filter
from sandbox.platform.monitoring.metrics import Metric, Shape
from sandbox.platform.monitoring.paging import offset_of, page_size, token_for
from sandbox.platform.monitoring.store import SampleStore, Series

_MOST_RESULTS: Final = 100_000
_MOST_DESCRIPTORS: Final = 10_000
_HEADERS_VIEW: Final = 1
_INVALID_COMBINATION: Final = (
    "The supplied filter does not specify a valid combination of metric and monitored resource descriptors."
    " The query will not return any time series."
)


def list_time_series(store: SampleStore, request: Any, visible_until: float) -> Any:
    """Answer ListTimeSeries; of Cloud Run's metrics, what was measured up to `visible_until` (unix seconds).

    Raises:
        QueryError: the query is refused; the error carries the status.
    """
    require_project(request.name, store.project)
    _require_supported(request)
    wanted = parse_filter(request.filter)
    metric = find_metric(store, wanted)
    aggregation = read_aggregation(request.aggregation, metric)
    start, end = _interval(request.interval)
    seen = min(end, visible_until) if metric.is_delayed else end
    raw = matching(store, metric, wanted, (start, seen))
    return _page(request, aggregation.apply(raw, end), metric, aggregation.shape)


def list_metric_descriptors(store: SampleStore, request: Any) -> Any:
    """Answer ListMetricDescriptors.

    Raises:
        QueryError: the query is refused; the error carries the status.
    """
    require_project(request.name, store.project)
    wanted = parse_filter(request.filter)
    if not wanted.labels <= {"metric.type", "resource.type"}:
        raise InvalidQueryError("Metric descriptors can be filtered by metric.type and resource.type only.")
    first, most = offset_of(request), page_size(max(request.page_size, 0), _MOST_DESCRIPTORS)
    found = [
        metric
        for metric in store.metrics.values()
        if wanted.matches({"metric.type": metric.type, "resource.type": metric.resource_type})
    ]
    response = messages.ListMetricDescriptorsResponse()
    response.metric_descriptors.extend(
        messages.metric_descriptor(metric, store.project) for metric in found[first : first + most]
    )
    if first + most < len(found):
        response.next_page_token = token_for(request, first + most)
    return response


def get_metric_descriptor(store: SampleStore, request: Any) -> Any:
    """Answer GetMetricDescriptor.

    Raises:
        QueryError: the metric or the project is not here.
    """
    project, _, metric_type = request.name.partition("/metricDescriptors/")
    require_project(project, store.project)
    metric = store.metrics.get(metric_type)
    if metric is None:
        raise UnknownMetricError(f"Could not find descriptor for metric '{metric_type}'.")
    return messages.metric_descriptor(metric, store.project)


def require_project(name: str, project: str) -> None:
    """Refuse every project but one.

    Raises:
        QueryError: the name is none, or of another project.
    """
    match = re.fullmatch(r"projects/([^/]+)", name)
    if match is None:
        raise InvalidQueryError(f'Name must begin with "projects/" and name a project, got "{name}".')
    if match[1] != project:
        raise DeniedProjectError(f"Permission denied on project {match[1]} (or it may not exist).")


def _require_supported(request: Any) -> None:
    if request.order_by:
        raise InvalidQueryError("Field orderBy must be left blank.")
    if request.HasField("secondary_aggregation"):
        raise NotEmulatedError("secondary aggregation is not emulated")


def matching(
    store: SampleStore, metric: Metric, wanted: Filter, interval: tuple[float, float]
) -> list[Series]:
    """Return the raw series of a metric that a filter means, with the points of (start, end]."""
    kind = {"metric.type": metric.type, "resource.type": metric.resource_type}
    return store.series(metric, *interval, lambda labels: wanted.matches(labels | kind))


def find_metric(store: SampleStore, wanted: Filter) -> Metric:
    """Return the one metric that a filter is about.

    Raises:
        QueryError: it names none, several, an unknown one, or labels that the metric does not have.
    """
    metric_type = wanted.sole("metric.type")
    if metric_type is None:
        raise InvalidQueryError('The filter must specify a single metric type: metric.type = "…".')
    metric = store.metrics.get(metric_type)
    if metric is None:
        raise UnknownMetricError(f'Cannot find metric(s) that match type = "{metric_type}".')
    known = {"metric.type", "resource.type"} | {f"metric.labels.{label}" for label in metric.labels}
    known |= {f"resource.labels.{label}" for label in metric.resource_labels}
    resource_type = {"resource.type": metric.resource_type}
    resource_terms = [term for term in wanted.comparisons if term.label == "resource.type"]
    if not wanted.labels <= known or not all(term.holds_for(resource_type) for term in resource_terms):
        raise InvalidQueryError(_INVALID_COMBINATION)
    return metric


def _interval(interval: Any) -> tuple[float, float]:
    if not interval.HasField("end_time"):
        raise InvalidQueryError("Field interval.endTime is required.")
    if not interval.HasField("start_time"):
        raise InvalidQueryError("Field interval.startTime is required.")
    start, end = messages.seconds(interval.start_time), messages.seconds(interval.end_time)
    if start >= end:
        raise InvalidQueryError("Field interval.startTime must be earlier than interval.endTime.")
    return start, end


def _page(request: Any, found: list[Series], metric: Metric, shape: Shape) -> Any:
    """Return one page: points are counted in the full view, series in the view of headers."""
    first, most = offset_of(request), page_size(request.page_size, _MOST_RESULTS)
    is_full = request.view != _HEADERS_VIEW
    response = messages.ListTimeSeriesResponse()
    response.unit = metric.unit
    position = 0
    for series in found:
        # Newest first, as the API returns them; a series that does not fit goes on on the next page.
        newest_first = series.points[::-1] if is_full else series.points[:1]
        low, high = max(first - position, 0), min(first + most - position, len(newest_first))
        position += len(newest_first)
        if low < high:
            message = messages.time_series(series, metric, shape)
            if is_full:
                message.points.extend(messages.point(held, shape) for held in newest_first[low:high])
            response.time_series.append(message)
    if first + most < position:
        response.next_page_token = token_for(request, first + most)
    return response
