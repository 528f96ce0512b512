"""Conditions of alert policies: checked when a policy is kept, evaluated while it stands.

Evaluated are metric thresholds, also of a ratio. A burn rate of an SLO and a PromQL expression are checked
for their form and never fire here: the sandbox keeps them, so that their limits can be compared.
https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#Condition
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.cloud import monitoring_v3

from sandbox.platform.api_errors import ApiError, Code, refused
from sandbox.platform.monitoring.aggregation import read_aggregation
from sandbox.platform.monitoring.filters import parse_filter
from sandbox.platform.monitoring.histogram import Histogram
from sandbox.platform.monitoring.query import find_metric, matching
from sandbox.platform.monitoring.store import SampleStore, Series

_BURN_RATE: Final = re.compile(r'select_slo_burn_rate\(\s*"([^"]+)"\s*,\s*"?\d+[smh]"?\s*\)')
_METRIC_TYPE: Final = re.compile(r'metric\.type\s*=\s*"([^"]+)"')
_MINUTE_S: Final = 60
_COMPARISONS: Final[Mapping[int, Callable[[float, float], bool]]] = {
    monitoring_v3.ComparisonType.COMPARISON_GT.value: operator.gt,
    monitoring_v3.ComparisonType.COMPARISON_LT.value: operator.lt,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The newest value of one series that violates a condition."""

    value: float
    labels: Mapping[str, str]


class ConditionReader:
    """Reads conditions against one store."""

    def __init__(self, store: SampleStore, objectives: Callable[[], frozenset[str]]) -> None:
        """Take the store, and the names of the objectives that a burn rate may refer to."""
        self._store = store
        self._objectives = objectives

    def check(self, condition: Any) -> None:
        """Refuse a condition that the API refuses.

        Raises:
            ApiError: its filter, aggregation, comparison or duration is not good.
        """
        kind = condition.WhichOneof("condition")
        if kind == "condition_prometheus_query_language":
            if not condition.condition_prometheus_query_language.query:
                raise refused("A PromQL condition needs a query.")
            return
        if kind != "condition_threshold":
            raise refused(f"Conditions of the kind {kind} are not emulated.")
        threshold = condition.condition_threshold
        if threshold.comparison not in _COMPARISONS:
            raise refused("Only COMPARISON_LT and COMPARISON_GT are supported.")
        if threshold.duration.ToNanoseconds() % (_MINUTE_S * 10**9):
            raise refused("The duration must be a multiple of 60 s.")
        self._check_filter(threshold)

    def _check_filter(self, threshold: Any) -> None:
        burn = _BURN_RATE.fullmatch(threshold.filter.strip())
        if burn is not None:
            if burn[1] not in self._objectives():
                raise ApiError(Code.NOT_FOUND, f"There is no service level objective {burn[1]}.")
            return
        named = _METRIC_TYPE.search(threshold.filter)
        if named is not None and self._is_unwritten(named[1]):
            return
        for text, aggregations in _sides(threshold):
            metric = find_metric(self._store, parse_filter(text))
            for aggregation in aggregations[:1]:
                read_aggregation(aggregation, metric)

    def _is_unwritten(self, metric_type: str) -> bool:
        """Whether it is a metric of one's own whose first point is still to come."""
        own = metric_type.startswith(("custom.googleapis.com/", "monitoring.googleapis.com/uptime_check/"))
        return own and metric_type not in self._store.metrics

    def violations(self, condition: Any) -> list[Observation]:
        """Return what violates a condition now; nothing for a kind that is not evaluated, or without data."""
        threshold = condition.condition_threshold
        named = _METRIC_TYPE.search(threshold.filter)
        if named is None or named[1] not in self._store.metrics:
            return []
        values = [dict(self._newest(text, aggregations)) for text, aggregations in _sides(threshold)]
        numerators, denominators = values[0], values[1] if len(values) > 1 else None
        is_beyond = _COMPARISONS[threshold.comparison]
        found = []
        for labels, value in _ratios(numerators, denominators):
            if is_beyond(value, threshold.threshold_value):
                found.append(Observation(value=value, labels=dict(labels)))
        return found

    def _newest(self, text: str, aggregations: Any) -> Iterator[tuple[tuple[tuple[str, str], ...], float]]:
        wanted = parse_filter(text)
        metric = find_metric(self._store, wanted)
        aggregation = aggregations[0] if aggregations else monitoring_v3.Aggregation.pb()()
        read = read_aggregation(aggregation, metric)
        end = self._store.visible_until(metric)
        raw = matching(self._store, metric, wanted, (end - (read.period or _MINUTE_S), end))
        for series in read.apply(raw, end):
            yield tuple(sorted(series.labels.items())), _number(series)


def _sides(threshold: Any) -> list[tuple[str, Any]]:
    sides = [(threshold.filter, threshold.aggregations)]
    if threshold.denominator_filter:
        sides.append((threshold.denominator_filter, threshold.denominator_aggregations))
    return sides


def _ratios(
    numerators: Mapping[Any, float], denominators: Mapping[Any, float] | None
) -> Iterator[tuple[Any, float]]:
    """Yield the values, or the ratios of all series that have a denominator; an absent numerator is 0."""
    if denominators is None:
        yield from numerators.items()
        return
    for labels, total in denominators.items():
        if total:
            yield labels, numerators.get(labels, 0.0) / total


def _number(series: Series) -> float:
    value = series.points[-1].value
    return value.mean if isinstance(value, Histogram) else float(value)
