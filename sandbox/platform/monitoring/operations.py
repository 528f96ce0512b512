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


def _distributions(values: Sequence[Value]) -> list[Histogram]:
    return [value for value in values if isinstance(value, Histogram)]


def _sum(values: Sequence[Value], _period: float = 0.0) -> Value:
    distributions = _distributions(values)
    return merged(distributions) if distributions else sum(_numbers(values))


def _rate(values: Sequence[Value], period: float) -> Value:
    return sum(_numbers(values)) / period


def _least(values: Sequence[Value], _period: float) -> Value:
    return min(_numbers(values))


def _most(values: Sequence[Value], _period: float) -> Value:
    return max(_numbers(values))


def _mean(values: Sequence[Value], _period: float) -> Value:
    distributions = _distributions(values)
    return merged(distributions).mean if distributions else sum(_numbers(values)) / len(values)


def _count(values: Sequence[Value], _period: float) -> Value:
    return len(values)


def _percentile(percent: int) -> Callable[[Sequence[Value], float], Value]:
    def apply(values: Sequence[Value], _period: float) -> Value:
        distributions = _distributions(values)
        return merged(distributions).percentile(percent) if distributions else _between(values, percent)

    return apply


def _between(values: Sequence[Value], percent: int) -> float:
    ordered = sorted(_numbers(values))
    place = percent / 100 * (len(ordered) - 1)
    low = ordered[int(place)]
    high = ordered[min(int(place) + 1, len(ordered) - 1)]
    return low + (high - low) * (place - int(place))


def _fraction_true(values: Sequence[Value], _period: float) -> Value:
    return sum(_numbers(values)) / len(values)


def _bool(shape: Shape) -> bool:
    return shape.value_type is ValueType.BOOL


def _any(_shape: Shape) -> bool:
    return True


def _numeric(shape: Shape) -> bool:
    return shape.is_numeric


def _distribution(shape: Shape) -> bool:
    return not shape.is_numeric


def _delta(shape: Shape) -> bool:
    return shape.kind is Kind.DELTA


def _numeric_delta(shape: Shape) -> bool:
    return _delta(shape) and shape.is_numeric


def _same(shape: Shape) -> Shape:
    return shape


def _same_type(shape: Shape) -> Shape:
    return Shape(Kind.GAUGE, shape.value_type)


def _always(shape: Shape) -> Callable[[Shape], Shape]:
    return lambda _shape: shape


ALIGNERS: Final[Mapping[str, Operation]] = {
    "ALIGN_DELTA": Operation(_delta, _same, _sum),
    "ALIGN_RATE": Operation(_numeric_delta, _always(_GAUGE_DOUBLE), _rate),
    "ALIGN_SUM": Operation(_any, _same, _sum),
    "ALIGN_MIN": Operation(_numeric, _same_type, _least),
    "ALIGN_MAX": Operation(_numeric, _same_type, _most),
    "ALIGN_MEAN": Operation(_numeric, _always(_GAUGE_DOUBLE), _mean),
    "ALIGN_FRACTION_TRUE": Operation(_bool, _always(_GAUGE_DOUBLE), _fraction_true),
    "ALIGN_COUNT": Operation(_numeric, _always(_GAUGE_INT64), _count),
    **{
        f"ALIGN_PERCENTILE_{text}": Operation(_distribution, _always(_GAUGE_DOUBLE), _percentile(percent))
        for text, percent in _PERCENTS.items()
    },
}
REDUCERS: Final[Mapping[str, Operation]] = {
    "REDUCE_SUM": Operation(_any, _same, _sum),
    "REDUCE_MEAN": Operation(_any, _always(_GAUGE_DOUBLE), _mean),
    "REDUCE_MIN": Operation(_numeric, _same, _least),
    "REDUCE_MAX": Operation(_numeric, _same, _most),
    "REDUCE_COUNT": Operation(_any, _always(_GAUGE_INT64), _count),
    **{
        f"REDUCE_PERCENTILE_{text}": Operation(_any, _always(_GAUGE_DOUBLE), _percentile(percent))
        for text, percent in _PERCENTS.items()
    },
}
NOT_EMULATED: Final = frozenset(
    {"ALIGN_INTERPOLATE", "ALIGN_NEXT_OLDER", "ALIGN_STDDEV", "ALIGN_PERCENT_CHANGE", "REDUCE_STDDEV"}
)
"""Operations that fit some of these metrics in the real API but are not emulated."""
