"""What the router measured, in bounded memory: counts and latency histograms per short interval."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sandbox.platform.contract import RequestSample
from sandbox.platform.monitoring.histogram import Histogram
from sandbox.platform.monitoring.metrics import (
    HARDWARE,
    INSTANCE_COUNT,
    MEASURED,
    METRICS,
    REQUEST_COUNT,
    Metric,
)

INTERVAL_S: Final = 10
"""Length of the intervals that samples are counted in, in seconds."""
RETENTION_S: Final = 26 * 3600
"""How long an interval is kept, in seconds: a day's window and its delay."""
CAPACITY: Final = 100_000
"""How many counts (interval x service x revision x code) are kept; the oldest intervals go first."""

WRITTEN_POINTS: Final = 10_000
"""How many points of one written series are kept."""

Value = int | float | Histogram


@dataclass(frozen=True, slots=True)
class Point:
    """A value of one interval (start, end] in unix seconds; start equals end for a gauge."""

    start: float
    end: float
    value: Value


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one combination of labels, oldest first; labels are keyed as in a filter."""

    labels: dict[str, str]
    points: list[Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceReading:
    """How many instances a revision has right now, and their processes."""

    service: str
    revision: str
    active: int
    idle: int = 0
    pids: Sequence[int] = ()


class _Key(NamedTuple):
    """The identity of a count within one interval."""

    service: str
    revision: str
    code: str


class _Intervals:
    """Latencies by interval, the oldest dropped beyond the retention or the capacity.

    Samples come in the order of time, give or take some seconds: the interval that came first is the oldest.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._size = 0
        self._newest = 0
        self._rows: dict[int, dict[_Key, Histogram]] = {}

    def at(self, moment: float, key: _Key) -> Histogram:
        """Return the distribution of `key` in the interval of a moment, at the expense of the oldest ones."""
        interval = int(moment // INTERVAL_S)
        row = self._rows.setdefault(interval, {})
        if key not in row:
            row[key] = Histogram()
            self._size += 1
            self._newest = max(self._newest, interval)
            while len(self._rows) > 1 and self._is_oldest_too_much():
                self._size -= len(self._rows.pop(next(iter(self._rows))))
        return row[key]

    def _is_oldest_too_much(self) -> bool:
        horizon = self._newest - RETENTION_S // INTERVAL_S
        return self._size > self._capacity or next(iter(self._rows)) < horizon

    def between(self, first: float, last: float) -> Iterator[tuple[int, dict[_Key, Histogram]]]:
        """Yield the intervals that start in [first, last], oldest first, with their start."""
        for interval in sorted(self._rows):
            if first <= interval * INTERVAL_S <= last:
                yield interval * INTERVAL_S, self._rows[interval]


class SampleStore:
    """Takes the router's samples and gives them back as raw time series.

    It belongs to one event loop and is not safe for several threads. Requests that reached no revision are
    not counted, as documented for `request_count`.
    """

    def __init__(
        self,
        *,
        project: str,
        region: str,
        capacity: int = CAPACITY,
        clock: Callable[[], float] = time.time,
        delay_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.project = project
        self.region = region
        self.clock = clock
        self._delay_s = delay_s
        self._requests = _Intervals(capacity)
        self._written: dict[tuple[str, tuple[tuple[str, str], ...]], deque[Point]] = {}
        self._written_metrics: dict[str, Metric] = {}
        self.lost: set[tuple[str, str | None]] = set()
        """Pairs of a metric's type and a service, by its Cloud Run name, whose points do not arrive."""

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """All metrics by type: those of the platform and those that were written."""
        return {**METRICS, **HARDWARE, **self._written_metrics}

    def visible_until(self, metric: Metric) -> float:
        """Return the moment of the newest point of a metric that can be seen by now."""
        return self.clock() - (self._delay_s() if metric.is_delayed else 0.0)

    def labels_of(self, service: str, revision: str) -> dict[str, str]:
        """Return the labels of a revision's series, keyed as in a filter."""
        return {
            "resource.labels.project_id": self.project,
            "resource.labels.location": self.region,
            "resource.labels.service_name": service,
            "resource.labels.revision_name": revision,
            "resource.labels.configuration_name": service,
        }

    def write(self, metric: Metric, labels: Mapping[str, str], point: Point) -> bool:
        """Take a written point, keyed as in a filter; False when the series has a newer one already."""
        self._written_metrics[metric.type] = metric
        key = (metric.type, tuple(sorted(labels.items())))
        points = self._written.setdefault(key, deque(maxlen=WRITTEN_POINTS))
        if points and point.end <= points[-1].end:
            return False
        points.append(point)
        return True

    def record(self, sample: RequestSample) -> None:
        if not sample.revision:
            return
        key = _Key(sample.service, sample.revision, str(sample.code))
        self._requests.at(sample.at, key).add(sample.latency_ms)

    def record_instances(self, at: float, readings: Iterable[InstanceReading]) -> None:
        """Take the instance counts of the moment `at`."""
        for reading in readings:
            for state, count in (("active", reading.active), ("idle", reading.idle)):
                labels = self.labels_of(reading.service, reading.revision) | {"metric.labels.state": state}
                self.write(INSTANCE_COUNT, labels, Point(at, at, count))

    def series(
        self, metric: Metric, start: float, end: float, matches: Callable[[dict[str, str]], bool]
    ) -> list[Series]:
        """Return the raw series of `metric` whose labels match, with the points that end in (start, end]."""
        found = self._measured(metric, start, end) if metric in MEASURED else self._written_of(metric)
        kept = (
            Series(labels, [point for point in points if start < point.end <= end])
            for labels, points in found
            if matches(labels) and (metric.type, labels.get("resource.labels.service_name")) not in self.lost
        )
        return [series for series in kept if series.points]

    def _written_of(self, metric: Metric) -> Iterator[tuple[dict[str, str], Iterable[Point]]]:
        for (metric_type, labels), points in sorted(self._written.items(), key=lambda item: item[0]):
            if metric_type == metric.type:
                yield dict(labels), points

    def _measured(
        self, metric: Metric, start: float, end: float
    ) -> Iterator[tuple[dict[str, str], Iterable[Point]]]:
        found: dict[_Key, list[Point]] = {}
        for at, row in self._requests.between(start - INTERVAL_S, end):
            for key, held in row.items():
                value = held.count if metric is REQUEST_COUNT else held
                found.setdefault(key, []).append(Point(at, at + INTERVAL_S, value))
        for key, points in sorted(found.items()):
            labels = {
                "metric.labels.response_code": key.code,
                "metric.labels.response_code_class": f"{key.code[0]}xx",
                "metric.labels.route": key.service,
            }
            yield self.labels_of(key.service, key.revision) | labels, points
