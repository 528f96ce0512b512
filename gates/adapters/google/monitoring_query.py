"""Questions to Cloud Monitoring about one revision; an answer is proven complete before it counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from google.api_core import exceptions as api
from google.api_core.retry import Retry, if_exception_type
from google.cloud import monitoring_v3

from gates.adapters.google.cloud_clients import connect
from gates.adapters.google.cloud_errors import translated
from gates.errors import CloudError, DeniedError, NotFoundError, UnavailableError
from gates.model.evidence import Window

RESPONSE_CLASS: Final = "metric.labels.response_code_class"
SHORTEST_PERIOD_S: Final = 60
"""The shortest alignment period that the API takes, in seconds."""

_REVISION: Final = "resource.labels.revision_name"
_TIMEOUT_S: Final = 10.0
_RETRY: Final = Retry(predicate=if_exception_type(api.ServiceUnavailable), initial=0.2, timeout=2.0)
_NEXT_STEP: Final[Mapping[type[CloudError], str]] = {
    DeniedError: "grant roles/monitoring.viewer on the project",
    NotFoundError: "check the project in the environment's document",
    UnavailableError: "ask again in a minute, or judge by the gate's own probes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionName:
    """A revision by its short name, of a service by its Cloud Run name."""

    service: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of one metric; `where` goes on after the fixed part of the filter."""

    metric: str
    aligner: str
    reducer: str
    where: str = ""
    by: tuple[str, ...] = ()
    period_s: int | None = None
    """None means one period that is the whole window."""


class MonitoringQuery:
    """Asks Cloud Monitoring through the real client.

    `endpoint` is `host:port` of a plaintext server, None means the real service with the default credentials.

    Raises:
        ConfigurationError: there are no default credentials.
    """

    def __init__(self, project: str, region: str | None, endpoint: str | None) -> None:
        self._project = project
        self._region = region
        self._client = connect(monitoring_v3.MetricServiceClient, endpoint)

    def close(self) -> None:
        """Close the channel."""
        self._client.transport.close()

    def ask(self, question: Question, subject: RevisionName, window: Window) -> list[Any]:
        """Return the series that answer the question; an empty list when there is no data.

        Raises:
            CloudError: Monitoring refused, did not answer, answered a part, or about another revision.
        """
        request = self._request(question, subject, window)
        found: list[Any] = []
        with _asking(f"read {question.metric} of {subject.revision} from Cloud Monitoring"):
            pages = self._client.list_time_series(request=request, timeout=_TIMEOUT_S, retry=_RETRY).pages
            for page in pages:
                if page.execution_errors:
                    raise UnavailableError(
                        f"Cloud Monitoring answered {question.metric} of {subject.revision} incompletely:"
                        f" {page.execution_errors[0].message}"
                    )
                found.extend(page.time_series)
        strangers = {one.resource.labels["revision_name"] for one in found} - {subject.revision}
        if strangers:
            raise CloudError(
                f"Cloud Monitoring was asked about {subject.revision} and answered about {sorted(strangers)}",
                next_step="judge by the gate's own probes, and report the endpoint's answer",
            )
        return found

    def _request(self, question: Question, subject: RevisionName, window: Window) -> Any:
        seconds = int((window.end - window.start).total_seconds())
        return monitoring_v3.ListTimeSeriesRequest(
            name=f"projects/{self._project}",
            filter=self._filter(question, subject),
            interval={"start_time": window.start, "end_time": window.end},
            aggregation={
                "alignment_period": {"seconds": question.period_s or seconds},
                "per_series_aligner": question.aligner,
                "cross_series_reducer": question.reducer,
                "group_by_fields": [_REVISION, *question.by],
            },
            view=monitoring_v3.ListTimeSeriesRequest.TimeSeriesView.FULL,
        )

    def _filter(self, question: Question, subject: RevisionName) -> str:
        text = (
            f'metric.type = "run.googleapis.com/{question.metric}" AND resource.type = "cloud_run_revision"'
            f" AND resource.labels.service_name = {_quoted(subject.service)}"
            f" AND {_REVISION} = {_quoted(subject.revision)}"
        )
        if self._region is not None:
            text += f" AND resource.labels.location = {_quoted(self._region)}"
        return text + question.where


def values(found: Iterable[Any]) -> list[float]:
    """Return the values of all points: a number as it is, a distribution as how many values it holds.

    Raises:
        CloudError: a value that is no finite number.
    """
    return [_number(point.value) for one in found for point in one.points]


def total(found: Iterable[Any]) -> int:
    """Return the sum of all points, which are counts.

    Raises:
        CloudError: a value that is no count.
    """
    return round(sum(values(found)))


def _number(value: Any) -> float:
    kind = type(value).pb(value).WhichOneof("value")
    if kind == "distribution_value":
        return float(value.distribution_value.count)
    number = float(getattr(value, kind)) if kind in {"int64_value", "double_value"} else math.nan
    if not math.isfinite(number):
        raise CloudError(
            f"Cloud Monitoring answered a value ({kind}) where a finite number was asked for",
            next_step="judge by the gate's own probes, and report the endpoint's answer",
        )
    return number


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextmanager
def _asking(attempted: str) -> Iterator[None]:
    """Translate errors, and say what to do about them when it is a read of metrics that failed."""
    try:
        with translated(attempted):
            yield
    except CloudError as error:
        step = _NEXT_STEP.get(type(error), error.next_step)
        raise type(error)(error.cause, next_step=step) from error.__cause__
