"""What a query wants done with the raw series: align each one in time, then reduce across them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.cloud import monitoring_v3

from sandbox.platform.api_errors import not_emulated, refused
from sandbox.platform.monitoring.filters import plural
from sandbox.platform.monitoring.metrics import Kind, Metric, Shape
from sandbox.platform.monitoring.operations import ALIGNERS, NOT_EMULATED, REDUCERS, Operation
from sandbox.platform.monitoring.store import Point, Series

_SHORTEST_PERIOD_S: Final = 60
_LONGEST_PERIOD_S: Final = 104 * 7 * 24 * 3600
_KEPT: Final = "resource.labels.project_id"
"""Series of different projects are never reduced into one, so the label survives every reduction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """A checked aggregation of one metric; the period is in seconds."""

    shape: Shape
    """Of the points that come out."""
    period: float
    aligner: Operation | None
    reducer: Operation | None
    group_by: tuple[str, ...]

    def apply(self, raw: Sequence[Series], end: float) -> list[Series]:
        """Return the aggregated series, periods counted back from `end`, points oldest first."""
        if self.aligner is None:
            return list(raw)
        aligned = [Series(series.labels, self._align(series.points, end)) for series in raw]
        return aligned if self.reducer is None else self._reduce(aligned)

    def _align(self, points: Sequence[Point], end: float) -> list[Point]:
        periods: dict[int, list[Point]] = {}
        for point in points:
            periods.setdefault(math.floor((end - point.end) / self.period), []).append(point)
        return [
            self._point(self.aligner, held, end - number * self.period)
            for number, held in sorted(periods.items(), reverse=True)
        ]

    def _reduce(self, aligned: Sequence[Series]) -> list[Series]:
        groups: dict[tuple[tuple[str, str], ...], dict[float, list[Point]]] = {}
        for series in aligned:
            kept = tuple((label, series.labels.get(label, "")) for label in (_KEPT, *self.group_by))
            for point in series.points:
                groups.setdefault(kept, {}).setdefault(point.end, []).append(point)
        return [
            Series(dict(kept), [self._point(self.reducer, held, end) for end, held in sorted(ends.items())])
            for kept, ends in sorted(groups.items())
        ]

    def _point(self, operation: Operation | None, held: Sequence[Point], end: float) -> Point:
        values = [point.value for point in held]
        value = operation.apply(values, self.period) if operation else values[0]
        return Point(end - self.period if self.shape.kind is Kind.DELTA else end, end, value)


def read_aggregation(message: Any, metric: Metric) -> Aggregation:
    """Check an `Aggregation` message against the metric that it is for.

    Raises:
        ApiError: INVALID_ARGUMENT, a period, aligner, reducer or field that the API refuses for this metric.
        ApiError: UNIMPLEMENTED, an aligner or reducer that only the real API has.
    """
    aligner_name = _name(monitoring_v3.Aggregation.Aligner, message.per_series_aligner, "perSeriesAligner")
    reducer_name = _name(
        monitoring_v3.Aggregation.Reducer, message.cross_series_reducer, "crossSeriesReducer"
    )
    period = message.alignment_period.ToNanoseconds() / 1e9
    if aligner_name == "ALIGN_NONE":
        if reducer_name != "REDUCE_NONE":
            raise refused(
                "Field aggregation.perSeriesAligner must be specified and not ALIGN_NONE"
                " when crossSeriesReducer is specified."
            )
        return Aggregation(shape=metric.shape, period=0.0, aligner=None, reducer=None, group_by=())
    _require_period(period)
    aligner = _operation(ALIGNERS, aligner_name, metric.shape, metric)
    shape = aligner.result(metric.shape)
    if reducer_name == "REDUCE_NONE":
        return Aggregation(shape=shape, period=period, aligner=aligner, reducer=None, group_by=())
    reducer = _operation(REDUCERS, reducer_name, shape, metric)
    group_by = _group_by(message.group_by_fields, metric)
    return Aggregation(
        shape=reducer.result(shape), period=period, aligner=aligner, reducer=reducer, group_by=group_by
    )


def _name(kind: Any, number: int, field: str) -> str:
    try:
        return str(kind(number).name)
    except ValueError as error:
        raise refused(f"Field aggregation.{field} had an invalid value of {number}.") from error


def _require_period(period: float) -> None:
    if not _SHORTEST_PERIOD_S <= period <= _LONGEST_PERIOD_S:
        raise refused(
            f'Field aggregation.alignmentPeriod had an invalid value of "{period:g}s":'
            f" it must be between {_SHORTEST_PERIOD_S} seconds and 104 weeks."
        )


def _operation(table: Mapping[str, Operation], name: str, shape: Shape, metric: Metric) -> Operation:
    if name in NOT_EMULATED:
        raise not_emulated(name)
    operation = table.get(name)
    if operation is None or not operation.fits(shape):
        raise refused(
            f"{name} cannot be applied to metrics with kind {shape.kind} and value type {shape.value_type}"
            f" (metric {metric.type})."
        )
    return operation


def _group_by(fields: Sequence[str], metric: Metric) -> tuple[str, ...]:
    names = [plural(field) for field in fields if field not in {"resource.type", "metric.type"}]
    for name in names:
        if name not in metric.keys:
            raise refused(
                f'Field aggregation.groupByFields had an invalid value of "{name}":'
                f" {metric.type} has {', '.join(sorted(metric.keys))}."
            )
    return tuple(name for name in dict.fromkeys(names) if name != _KEPT)
