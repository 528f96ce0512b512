"""What Cloud Monitoring says of the platform, for producers; where it has no data there is no number.

Samples of Cloud Run become visible only after a while, so no window reaches into the time in which some may
still be missing: a count of half of the samples would be a wrong number.
https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run
"""

from __future__ import annotations

import math
import operator
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pytest

from gates.model.criterion import Comparator
from gates.model.target import Demand, Target

TIMEOUT_S: Final = 10.0
"""How long one answer of Google's APIs may take."""
PERIOD_S: Final = 60
"""Cloud Run samples its metrics once a minute, and Monitoring aligns over no shorter time."""
_RUN: Final = 'metric.type = "run.googleapis.com/{metric}" AND resource.type = "cloud_run_revision"'
_CLASS: Final = "metric.labels.response_code_class"
_NOT_THE_CALLER: Final = f' AND {_CLASS} != "4xx"'
_PAUSE_S: Final = 0.5
_COMPARE: Final = {
    Comparator.GE: operator.ge,
    Comparator.GT: operator.gt,
    Comparator.LE: operator.le,
    Comparator.LT: operator.lt,
}

Seen = TypeVar("Seen")


def wait_for(look: Callable[[], Seen], *, seconds: float) -> Seen:
    """Look until something true is seen, at most for `seconds`; return the last look."""
    pause, ends = threading.Event(), time.monotonic() + seconds
    while True:
        seen = look()
        if seen or time.monotonic() >= ends:
            return seen
        pause.wait(_PAUSE_S)


def holds(value: float, wanted: Demand) -> bool:
    """Whether a value is on the good side of what is agreed; for limits that are read, not for verdicts."""
    return bool(_COMPARE[wanted.comparator](value, wanted.threshold))


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, in whole unix seconds."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is asked about: a service by its Cloud Run name, and one of its revisions or all."""

    service: str
    revision: str = ""

    @property
    def terms(self) -> str:
        """The part as terms of a filter."""
        text = f' AND resource.labels.service_name = "{self.service}"'
        return text + f' AND resource.labels.revision_name = "{self.revision}"' * bool(self.revision)


class CloudMetrics:
    """Asks Monitoring through Google's own client."""

    def __init__(self, client: Any, target: Target) -> None:
        """Take the client and the target that the questions are about."""
        self._client = client
        self._target = target

    @property
    def patience_s(self) -> float:
        """How long a sample may take to become visible: sampling, delay, and some seconds of grace."""
        return self._target.metrics_delay_s + PERIOD_S + 15

    def part(self, service: str, revision: str = "") -> Part:
        """Return a service of the target, or one of its revisions, as the cloud names it."""
        return Part(service=self._target.cloud_run_name(service), revision=revision)

    def window(self, seconds: float) -> Window:
        """Return the newest window of that length in which every sample is visible."""
        end = math.floor(time.time() - self._target.metrics_delay_s)
        return Window(end - math.floor(seconds), end)

    def requests(self, part: Part, window: Window) -> Counter[str]:
        """Return how many requests were answered, by class of the answer (`2xx`)."""
        found = self._aligned(part, "request_count", window, "REDUCE_SUM")
        counted: Counter[str] = Counter()
        for series in found:
            label = series.metric.labels["response_code_class"]
            counted[label] += sum(point.value.int64_value for point in series.points)
        return counted

    def latency(self, part: Part, window: Window, percent: int) -> tuple[float, int] | None:
        """Return a percentile in ms of the merged distributions and of how many answers, or None.

        Answers of class 4xx are left out: a flood of quick refusals would dilute the rest.
        """
        where = _NOT_THE_CALLER
        values = self._aligned(
            part, "request_latencies", window, f"REDUCE_PERCENTILE_{percent:02}", where=where
        )
        merged = self._aligned(part, "request_latencies", window, "REDUCE_SUM", where=where)
        count = sum(point.value.distribution_value.count for one in merged for point in one.points)
        points = [point.value.double_value for one in values for point in one.points]
        return (points[0], count) if len(points) == 1 and count else None

    def instances(self, part: Part, window: Window) -> list[tuple[float, int]]:
        """Return pairs of a moment (unix seconds) and the instances that were there, the oldest first."""
        text = _RUN.format(metric="container/instance_count") + part.terms
        counted: Counter[float] = Counter()
        for one in self.series(text, window):
            for point in one.points:
                counted[point.interval.end_time.timestamp()] += point.value.int64_value
        return sorted(counted.items())

    def minutes(self, part: Part, window: Window) -> int:
        """Return in how many minutes of the window an instance was seen."""
        aggregation = {
            "alignment_period": {"seconds": PERIOD_S},
            "per_series_aligner": "ALIGN_MEAN",
            "cross_series_reducer": "REDUCE_SUM",
            "group_by_fields": ["resource.labels.service_name"],
        }
        text = _RUN.format(metric="container/instance_count") + part.terms
        found = self.series(text, window, aggregation)
        return sum(point.value.double_value > 0 for one in found for point in one.points)

    def series(self, text: str, window: Window, aggregation: dict[str, Any] | None = None) -> list[Any]:
        """Return the series that a filter means, whole; without an aggregation their raw points."""
        from google.cloud import monitoring_v3  # noqa: PLC0415 - most looks need no Monitoring

        request = monitoring_v3.ListTimeSeriesRequest(
            name=f"projects/{self._target.project}",
            filter=text,
            interval={"start_time": {"seconds": window.start}, "end_time": {"seconds": window.end}},
            aggregation=aggregation or {},
            view=monitoring_v3.ListTimeSeriesRequest.TimeSeriesView.FULL,
        )
        found: list[Any] = []
        for page in self._client.list_time_series(request=request, timeout=TIMEOUT_S).pages:
            if page.execution_errors:
                raise RuntimeError(f"Cloud Monitoring answered a part: {page.execution_errors[0].message}")
            found.extend(page.time_series)
        return found

    def first_seen(self, part: Part, window: Window) -> int | None:
        """Return when the first requests of the window came, unix seconds, or None without any."""
        found = self.series(_RUN.format(metric="request_count") + part.terms, window)
        ends = [point.interval.end_time.timestamp() for one in found for point in one.points]
        return math.floor(min(ends)) - PERIOD_S if ends else None

    def arrivals(self, part: Part, metric: str, since: float) -> int:
        """Return how many points of a metric of Cloud Run ended after `since`, unix seconds."""
        text = _RUN.format(metric=metric) + part.terms
        now = Window(math.floor(since), math.ceil(time.time()) + 1)
        return sum(len(one.points) for one in self.series(text, now))

    def _aligned(
        self,
        part: Part,
        metric: str,
        window: Window,
        reducer: str,
        *,
        where: str = "",
    ) -> list[Any]:
        by = (_CLASS,) if metric == "request_count" else ()
        aggregation = {
            "alignment_period": {"seconds": window.seconds},
            "per_series_aligner": "ALIGN_DELTA",
            "cross_series_reducer": reducer,
            "group_by_fields": ["resource.labels.service_name", *by],
        }
        return self.series(_RUN.format(metric=metric) + part.terms + where, window, aggregation)


@pytest.fixture(scope="session")
def metrics(google: Callable[[type[Any]], Any], target: Target) -> CloudMetrics:
    """Give Cloud Monitoring's metrics of the target."""
    from google.cloud import monitoring_v3  # noqa: PLC0415

    return CloudMetrics(google(monitoring_v3.MetricServiceClient), target)
