"""MetricService: reads of time series, and points of custom metrics."""

from __future__ import annotations

import itertools
from operator import itemgetter
from typing import Any, Final

from sandbox.platform.api_errors import ApiError, Code, not_emulated, refused
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.monitoring import messages
from sandbox.platform.monitoring.aggregation import read_aggregation
from sandbox.platform.monitoring.custom_metrics import create_time_series
from sandbox.platform.monitoring.filters import Filter, parse_filter
from sandbox.platform.monitoring.metrics import Metric, Shape
from sandbox.platform.monitoring.store import SampleStore, Series
from sandbox.platform.requests import page, require_project

_MOST_RESULTS: Final = 100_000
_HEADERS_VIEW: Final = 1
_INVALID_COMBINATION: Final = (
    "The supplied filter does not specify a valid combination of metric and monitored resource descriptors."
    " The query will not return any time series."
)


class MetricService:
    """The calls of the API."""

    def __init__(self, store: SampleStore) -> None:
        self._store = store

    def tables(self) -> dict[str, Methods]:
        return {
            "google.monitoring.v3.MetricService": {
                "ListTimeSeries": (messages.ListTimeSeriesRequest, self.list_time_series),
                "CreateTimeSeries": (messages.CreateTimeSeriesRequest, self.create_time_series),
            }
        }

    def create_time_series(self, request: Any, _caller: str) -> Any:
        """Take one point for each series; raise ApiError."""
        return create_time_series(self._store, request)

    def list_time_series(self, request: Any, _caller: str) -> Any:
        """Return a page of the points that are visible by now; raise ApiError."""
        require_project(request.name, self._store.project)
        if request.order_by:
            raise refused("Field orderBy must be left blank.")
        if request.HasField("secondary_aggregation"):
            raise not_emulated("A secondary aggregation")
        wanted = parse_filter(request.filter)
        metric = find_metric(self._store, wanted)
        aggregation = read_aggregation(request.aggregation, metric)
        start, end = _interval(request.interval)
        raw = matching(self._store, metric, wanted, (start, min(end, self._store.visible_until(metric))))
        return _page(request, aggregation.apply(raw, end), metric, aggregation.shape)


def matching(
    store: SampleStore, metric: Metric, wanted: Filter, interval: tuple[float, float]
) -> list[Series]:
    """Return the raw series of a metric that a filter means, with the points of (start, end]."""
    kind = {"metric.type": metric.type, "resource.type": metric.resource_type}
    return store.series(metric, *interval, lambda labels: wanted.matches(labels | kind))


def find_metric(store: SampleStore, wanted: Filter) -> Metric:
    """Return the one metric that a filter is about.

    Raises:
        ApiError: it names none, several, an unknown one, or labels that the metric does not have.
    """
    metric_type = wanted.sole("metric.type")
    if metric_type is None:
        raise refused('The filter must specify a single metric type: metric.type = "…".')
    metric = store.metrics.get(metric_type)
    if metric is None:
        raise ApiError(Code.NOT_FOUND, f'Cannot find metric(s) that match type = "{metric_type}".')
    known = metric.keys | {"metric.type", "resource.type"}
    resource_type = {"resource.type": metric.resource_type}
    resource_terms = [term for term in wanted.comparisons if term.label == "resource.type"]
    if not wanted.labels <= known or not all(term.holds_for(resource_type) for term in resource_terms):
        raise refused(_INVALID_COMBINATION)
    return metric


def _interval(interval: Any) -> tuple[float, float]:
    if not interval.HasField("end_time"):
        raise refused("Field interval.endTime is required.")
    if not interval.HasField("start_time"):
        raise refused("Field interval.startTime is required.")
    start, end = messages.seconds(interval.start_time), messages.seconds(interval.end_time)
    if start >= end:
        raise refused("Field interval.startTime must be earlier than interval.endTime.")
    return start, end


def _page(request: Any, found: list[Series], metric: Metric, shape: Shape) -> Any:
    """Return one page: points are counted in the full view, series in the view of headers."""
    is_full = request.view != _HEADERS_VIEW
    # Newest first, as the API returns them; a series that does not fit goes on on the next page.
    points = [
        (number, point)
        for number, series in enumerate(found)
        for point in (series.points[::-1] if is_full else series.points[:1])
    ]
    shown, token = page(points, request, default=_MOST_RESULTS, most=_MOST_RESULTS)
    response = messages.ListTimeSeriesResponse(unit=metric.unit, next_page_token=token)
    for number, group in itertools.groupby(shown, key=itemgetter(0)):
        message = messages.time_series(found[number], metric, shape)
        if is_full:
            message.points.extend(messages.point(held, shape) for _, held in group)
        response.time_series.append(message)
    return response
