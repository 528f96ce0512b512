"""What the router measured, in bounded memory: counts and latency histograms per short interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

from sandbox.platform.contract import RequestSample
from sandbox.platform.monitoring.histogram import Histogram
from sandbox.platform.monitoring.metrics import INSTANCE_COUNT, REQUEST_COUNT, Metric

INTERVAL_S: Final = 10
"""Length of the intervals that samples are counted in, in seconds."""
RETENTION_S: Final = 26 * 3600
"""How long an interval is kept, in seconds: a day's window and its delay."""
CAPACITY: Final = 100_000
"""How many counts (interval x service x revision x code) are kept; the oldest intervals go first."""

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
    """How many instances a revision has right now."""

    service: str
    revision: str
    active: int
    idle: int = 0


class _Key(NamedTuple):
    """What tells two counts of one interval apart; `detail` is a response code or an instance state."""

    service: str
    revision: str
    detail: str


_Held = TypeVar("_Held")


class _Intervals(Generic[_Held]):
    """Counts by interval, the oldest dropped beyond the retention or the capacity."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._size = 0
        self._rows: dict[int, dict[_Key, _Held]] = {}

    def get(self, at: float, key: _Key) -> _Held | None:
        """Return what the interval of `at` holds for `key`."""
        return self._rows.get(int(at // INTERVAL_S), {}).get(key)

    def put(self, at: float, key: _Key, held: _Held) -> None:
        """Hold a value in the interval of `at`, at the expense of the oldest intervals."""
        row = self._rows.setdefault(int(at // INTERVAL_S), {})
        self._size += key not in row
        row[key] = held
        horizon = max(self._rows) - RETENTION_S // INTERVAL_S
        while len(self._rows) > 1 and (self._size > self._capacity or min(self._rows) < horizon):
            self._size -= len(self._rows.pop(min(self._rows)))

    def between(self, first: float, last: float) -> Iterator[tuple[int, dict[_Key, _Held]]]:
        """Yield the intervals that start in [first, last], oldest first, with their start."""
        for interval in sorted(self._rows):
            if first <= interval * INTERVAL_S <= last:
                yield interval * INTERVAL_S, self._rows[interval]


class SampleStore:
    """Takes the router's samples and gives them back as raw time series.

    It belongs to one event loop and is not safe for several threads. Requests that reached no revision are
    not counted, as documented for `request_count`.
    """

    def __init__(self, *, project: str, region: str, capacity: int = CAPACITY) -> None:
        self.project = project
        self._region = region
        self._requests: _Intervals[Histogram] = _Intervals(capacity)
        self._instances: _Intervals[int] = _Intervals(capacity)

    def record(self, sample: RequestSample) -> None:
        """Take one sample of the router."""
        if not sample.revision:
            return
        key = _Key(sample.service, sample.revision, str(sample.code))
        histogram = self._requests.get(sample.at, key)
        if histogram is None:
            histogram = Histogram()
            self._requests.put(sample.at, key, histogram)
        histogram.add(sample.latency_ms)

    def record_instances(self, at: float, readings: Iterable[InstanceReading]) -> None:
        """Take the instance counts of the moment `at`; a later reading of the same interval replaces them."""
        for reading in readings:
            for state, count in (("active", reading.active), ("idle", reading.idle)):
                self._instances.put(at, _Key(reading.service, reading.revision, state), count)

    def series(self, metric: Metric, start: float, end: float) -> list[Series]:
        """Return the raw series of `metric` with the points that end in (start, end]."""
        found: dict[_Key, list[Point]] = {}
        for key, point in self._points(metric, start, end):
            if start < point.end <= end:
                found.setdefault(key, []).append(point)
        return [Series(self._labels(metric, key), points) for key, points in sorted(found.items())]

    def _points(self, metric: Metric, start: float, end: float) -> Iterator[tuple[_Key, Point]]:
        if metric is INSTANCE_COUNT:
            for at, readings in self._instances.between(start, end):
                yield from ((key, Point(at, at, count)) for key, count in readings.items())
            return
        for at, row in self._requests.between(start - INTERVAL_S, end):
            for key, histogram in row.items():
                value: Value = histogram.count if metric is REQUEST_COUNT else histogram
                yield key, Point(at, at + INTERVAL_S, value)

    def _labels(self, metric: Metric, key: _Key) -> dict[str, str]:
        resource = {
            "resource.labels.project_id": self.project,
            "resource.labels.location": self._region,
            "resource.labels.service_name": key.service,
            "resource.labels.revision_name": key.revision,
            "resource.labels.configuration_name": key.service,
        }
        if metric is INSTANCE_COUNT:
            return resource | {"metric.labels.state": key.detail}
        return resource | {
            "metric.labels.response_code": key.detail,
            "metric.labels.response_code_class": f"{key.detail[0]}xx",
            "metric.labels.route": key.service,
        }
