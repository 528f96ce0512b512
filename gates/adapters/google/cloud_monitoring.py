"""Cloud Monitoring as a slower second opinion on a revision: errors, latency, requests, instances.

Samples of Cloud Run are visible up to 180 seconds after they were taken
(https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run), so no query looks at the newest ones: a
count of half-visible samples would be a wrong number. No data is None, never zero.

Answers of class 4xx say that the caller was wrong and nothing of the service. They are left out of error
ratio and latency, else a flood of quick refusals would dilute both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from gates.adapters.google.monitoring_query import (
    RESPONSE_CLASS,
    SHORTEST_PERIOD_S,
    MonitoringQuery,
    Question,
    RevisionName,
    total,
    values,
)
from gates.errors import CloudError
from gates.model.evidence import Measurement, Window
from gates.model.signals import Signal

VISIBILITY_DELAY: Final = timedelta(seconds=180)
"""After this time a sample of Cloud Run is visible, as documented."""
PERCENTILES: Final = frozenset({5, 50, 95, 99})
"""The percentiles that Cloud Monitoring can reduce distributions to."""

_GOOD_CLASSES: Final = frozenset({"1xx", "2xx", "3xx"})
_CALLER_NOT_WRONG: Final = f' AND {RESPONSE_CLASS} != "4xx"'
_REQUESTS: Final = Question(metric="request_count", aligner="ALIGN_DELTA", reducer="REDUCE_SUM")
_ANSWERS: Final = Question(
    metric="request_count",
    aligner="ALIGN_DELTA",
    reducer="REDUCE_SUM",
    where=_CALLER_NOT_WRONG,
    by=(RESPONSE_CLASS,),
)
_INSTANCES: Final = Question(
    metric="container/instance_count",
    aligner="ALIGN_MEAN",
    reducer="REDUCE_SUM",
    period_s=SHORTEST_PERIOD_S,
)


def _latencies(reducer: str) -> Question:
    return Question(
        metric="request_latencies", aligner="ALIGN_DELTA", reducer=reducer, where=_CALLER_NOT_WRONG
    )


def _now() -> datetime:
    return datetime.now(UTC)


class CloudMonitoring:
    """Reads the metrics of Cloud Run revisions of one project with the real client.

    `endpoint` is `host:port` of a plaintext server, None means the real service with the default credentials.
    With `region`, a service of the same name in another region is left out. Every method takes the Cloud Run
    name of the service, the short name of the revision and a window of at least a minute (ValueError when it
    is shorter). It returns None when there is no data in the window, or not yet, and raises CloudError when
    Monitoring refused, did not answer, or answered something that cannot be counted on.

    Raises:
        ConfigurationError: there are no default credentials.
    """

    def __init__(
        self,
        project: str,
        endpoint: str | None,
        *,
        region: str | None = None,
        visibility_delay: timedelta = VISIBILITY_DELAY,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._visibility_delay = visibility_delay
        self._now = now
        self._query = MonitoringQuery(project, region, endpoint)

    def close(self) -> None:
        """Close the channel."""
        self._query.close()

    def error_ratio(self, service: str, revision: str, window: Window) -> Signal | None:
        """Return failed answers by all answers, 0..1; a class that is not known is a failure."""
        subject, seen = RevisionName(service=service, revision=revision), self._visible(window)
        if seen is None:
            return None
        found = self._query.ask(_ANSWERS, subject, seen)
        answered = total(found)
        if answered == 0:
            return None
        good = total(one for one in found if one.metric.labels["response_code_class"] in _GOOD_CLASSES)
        return _signal(subject, Measurement(value=(answered - good) / answered, unit="ratio"), answered, seen)

    def latency_percentile(
        self, service: str, revision: str, window: Window, percentile: int = 95
    ) -> Signal | None:
        """Return a percentile of the latency in milliseconds, of all instances' distributions merged.

        Raises:
            ValueError: Monitoring has no such percentile.
            CloudError: also when it answers several percentiles, for they cannot be merged.
        """
        if percentile not in PERCENTILES:
            raise ValueError(
                f"Cloud Monitoring knows the percentiles {sorted(PERCENTILES)}, not {percentile}"
            )
        subject, seen = RevisionName(service=service, revision=revision), self._visible(window)
        if seen is None:
            return None
        found = values(self._query.ask(_latencies(f"REDUCE_PERCENTILE_{percentile:02}"), subject, seen))
        answered = total(self._query.ask(_latencies("REDUCE_SUM"), subject, seen))
        if not found or answered == 0:
            return None
        if len(found) > 1:
            raise CloudError(
                f"Cloud Monitoring answered {len(found)} percentiles for one window of {revision}",
                next_step="judge by the gate's own probes: percentiles cannot be merged",
            )
        return _signal(subject, Measurement(value=found[0], unit="ms"), answered, seen)

    def request_count(self, service: str, revision: str, window: Window) -> Signal | None:
        """Return how many requests reached the revision, whatever it answered."""
        subject, seen = RevisionName(service=service, revision=revision), self._visible(window)
        if seen is None:
            return None
        count = total(self._query.ask(_REQUESTS, subject, seen))
        if count == 0:
            return None
        return _signal(subject, Measurement(value=count, unit="requests"), count, seen)

    def instance_count(
        self,
        service: str,
        revision: str,
        window: Window,
        *,
        over_time: Callable[[Sequence[float]], float] = max,
    ) -> Signal | None:
        """Return the number of instances, active and idle; samples are the minutes that have a reading.

        Each minute is averaged first; `over_time` makes one number of the minutes, by default the highest.
        """
        subject, seen = RevisionName(service=service, revision=revision), self._visible(window)
        if seen is None:
            return None
        minutes = values(self._query.ask(_INSTANCES, subject, seen))
        if not minutes:
            return None
        return _signal(subject, Measurement(value=over_time(minutes), unit="instances"), len(minutes), seen)

    def _visible(self, window: Window) -> Window | None:
        """Return the whole seconds of the window that are surely visible, None when they are too few."""
        shortest = timedelta(seconds=SHORTEST_PERIOD_S)
        start, end = _rounded_up(window.start), window.end.replace(microsecond=0)
        if end - start < shortest:
            raise ValueError(f"Cloud Monitoring needs a window of a minute of whole seconds, got {window}")
        end = min(end, (self._now() - self._visibility_delay).replace(microsecond=0))
        return Window(start=start, end=end) if end - start >= shortest else None


def _rounded_up(moment: datetime) -> datetime:
    second = moment.replace(microsecond=0)
    return second if second == moment else second + timedelta(seconds=1)


def _signal(subject: RevisionName, measurement: Measurement, samples: int, window: Window) -> Signal:
    return Signal(
        service=subject.service,
        revision=subject.revision,
        measurement=measurement,
        samples=samples,
        window=window,
    )
