"""Aligners and reducers: which series each fits, what comes out of it, and how.

Source: the reference of `Aggregation` (https://cloud.google.com/monitoring/api/ref_v3/rest/v3/Aggregation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.platform.monitoring.histogram import Histogram, merged
from sandbox.platform.monitoring.metrics import Kind, Shape, ValueType
from sandbox.platform.monitoring.store import Value

_GAUGE_DOUBLE: Final = Shape(Kind.GAUGE, ValueType.DOUBLE)
_GAUGE_INT64: Final = Shape(Kind.GAUGE, ValueType.INT64)
_PERCENTS: Final = {"99": 99, "95": 95, "50": 50, "05": 5}


@dataclass(frozen=True, slots=True)
class Operation:
    """Turns the values of one period (in seconds) into one value."""

    fits: Callable[[Shape], bool]
    result: Callable[[Shape], Shape]
    apply: Callable[[Sequence[Value], float], Value]


def _numbers(values: Sequence[Value]) -> list[int | float]:
    return [value for value in values if not isinstance(value, Histogram)]


def _merged(values: Sequence[Value]) -> Histogram | None:
    """Return one distribution of all, None when the values are numbers."""
    distributions = [value for value in values if isinstance(value, Histogram)]
    return merged(distributions) if distributions else None


def _sum(values: Sequence[Value], _period: float = 0.0) -> Value:
    distribution = _merged(values)
    return sum(_numbers(values)) if distribution is None else distribution


def _mean(values: Sequence[Value], _period: float) -> Value:
    distribution = _merged(values)
    return sum(_numbers(values)) / len(values) if distribution is None else distribution.mean


def _percentile(percent: int) -> Callable[[Sequence[Value], float], Value]:
    def apply(values: Sequence[Value], _period: float) -> Value:
        distribution = _merged(values)
        return _between(values, percent) if distribution is None else distribution.percentile(percent)

    return apply


def _between(values: Sequence[Value], percent: int) -> float:
    ordered = sorted(_numbers(values))
    place = percent / 100 * (len(ordered) - 1)
    low = ordered[int(place)]
    high = ordered[min(int(place) + 1, len(ordered) - 1)]
    return low + (high - low) * (place - int(place))


def _any(_shape: Shape) -> bool:
    return True


def _numeric(shape: Shape) -> bool:
    return shape.is_numeric


def _same(shape: Shape) -> Shape:
    return shape


def _gauge(shape: Shape) -> Shape:
    return Shape(Kind.GAUGE, shape.value_type)


def _double(_shape: Shape) -> Shape:
    return _GAUGE_DOUBLE


ALIGNERS: Final[Mapping[str, Operation]] = {
    "ALIGN_DELTA": Operation(lambda shape: shape.kind is Kind.DELTA, _same, _sum),
    "ALIGN_RATE": Operation(
        lambda shape: shape.kind is Kind.DELTA and shape.is_numeric,
        _double,
        lambda values, period: sum(_numbers(values)) / period,
    ),
    "ALIGN_SUM": Operation(_any, _same, _sum),
    "ALIGN_MIN": Operation(_numeric, _gauge, lambda values, _: min(_numbers(values))),
    "ALIGN_MAX": Operation(_numeric, _gauge, lambda values, _: max(_numbers(values))),
    "ALIGN_MEAN": Operation(_numeric, _double, _mean),
    "ALIGN_FRACTION_TRUE": Operation(lambda shape: shape.value_type is ValueType.BOOL, _double, _mean),
    "ALIGN_COUNT": Operation(_numeric, lambda _: _GAUGE_INT64, lambda values, _: len(values)),
    **{
        f"ALIGN_PERCENTILE_{text}": Operation(
            lambda shape: not shape.is_numeric, _double, _percentile(percent)
        )
        for text, percent in _PERCENTS.items()
    },
}
REDUCERS: Final[Mapping[str, Operation]] = {
    "REDUCE_SUM": Operation(_any, _same, _sum),
    "REDUCE_MEAN": Operation(_any, _double, _mean),
    "REDUCE_MIN": Operation(_numeric, _same, lambda values, _: min(_numbers(values))),
    "REDUCE_MAX": Operation(_numeric, _same, lambda values, _: max(_numbers(values))),
    "REDUCE_COUNT": Operation(_any, lambda _: _GAUGE_INT64, lambda values, _: len(values)),
    **{
        f"REDUCE_PERCENTILE_{text}": Operation(_any, _double, _percentile(percent))
        for text, percent in _PERCENTS.items()
    },
}
NOT_EMULATED: Final = frozenset(
    {"ALIGN_INTERPOLATE", "ALIGN_NEXT_OLDER", "ALIGN_STDDEV", "ALIGN_PERCENT_CHANGE", "REDUCE_STDDEV"}
)
"""Operations that fit some of these metrics in the real API but are not emulated."""
