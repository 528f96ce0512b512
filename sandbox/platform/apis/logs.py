"""Log entries in bounded memory: those that are written, and one for each request that the router saw."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from google.cloud.logging_v2 import types
from google.logging.type import log_severity_pb2
from google.protobuf import struct_pb2

from sandbox.platform.apis.log_filters import Read, Term
from sandbox.platform.contract import RequestSample

REQUESTS: Final = "run.googleapis.com%2Frequests"
KEPT: Final = 50_000
"""Requests, and written entries, that are kept; the oldest go first."""
LogEntry: Final = types.LogEntry.pb()
_SERVER_ERROR: Final = 500


class Logs:
    """All log entries of one project and region. Belongs to one event loop."""

    def __init__(self, *, project: str, region: str) -> None:
        self.project = project
        self._region = region
        self._numbers = itertools.count(1)
        self._requests: deque[tuple[int, RequestSample]] = deque(maxlen=KEPT)
        self.written: deque[Any] = deque(maxlen=KEPT)
        self.is_sinking = True
        """Whether entries are kept; without it they are acknowledged and lost."""

    def record(self, sample: RequestSample) -> None:
        """Take a request as the router saw it."""
        if self.is_sinking:
            self._requests.append((next(self._numbers), sample))

    def write(self, entries: Sequence[Any]) -> None:
        if self.is_sinking:
            self.written.extend(entries)

    def forget(self, log: str) -> None:
        """Forget the written entries of a log, by its short name."""
        kept = [entry for entry in self.written if not entry.log_name.endswith(f"/{log}")]
        self.written.clear()
        self.written.extend(kept)

    @property
    def failures(self) -> Iterator[RequestSample]:
        return (sample for _, sample in self._requests if sample.code >= _SERVER_ERROR)

    def find(self, terms: Sequence[Term]) -> list[Any]:
        """Return the entries that satisfy every term, the oldest first."""
        name = f"projects/{self.project}/logs/{REQUESTS}"
        named = [term for term in terms if term.field == "logName"]
        others = [term for term in terms if term.field != "logName"]
        is_meant = all(term.holds(lambda _field: name) for term in named)
        found = [
            self._entry(number, sample)
            for number, sample in (self._requests if is_meant else ())
            if _holds(others, partial(_request, sample))
        ]
        found += [entry for entry in self.written if _holds(terms, partial(read, entry))]
        return sorted(found, key=lambda entry: entry.timestamp.ToNanoseconds())

    def _entry(self, number: int, sample: RequestSample) -> Any:
        entry = LogEntry(
            log_name=f"projects/{self.project}/logs/{REQUESTS}",
            insert_id=f"r{number:012}",
            severity=log_severity_pb2.LogSeverity.Value(_severity(sample)),
        )
        entry.timestamp.FromNanoseconds(round(sample.at * 1e9))
        entry.receive_timestamp.CopyFrom(entry.timestamp)
        entry.resource.type = "cloud_run_revision"
        entry.resource.labels.update(
            {
                "project_id": self.project,
                "location": self._region,
                "service_name": sample.service,
                "revision_name": sample.revision,
                "configuration_name": sample.service,
            }
        )
        request = entry.http_request
        request.request_method, request.request_url, request.status = sample.method, sample.url, sample.code
        request.latency.FromNanoseconds(round(sample.latency_ms * 1e6))
        return entry


def _severity(sample: RequestSample) -> str:
    return "ERROR" if sample.code >= _SERVER_ERROR else "WARNING" if sample.code >= 400 else "INFO"


def _holds(terms: Sequence[Term], look: Read) -> bool:
    return all(term.holds(look) for term in terms)


_REQUEST: Final[Mapping[str, Callable[[RequestSample], object]]] = {
    "timestamp": lambda sample: sample.at,
    "resource.type": lambda _sample: "cloud_run_revision",
    "resource.labels.service_name": lambda sample: sample.service,
    "resource.labels.revision_name": lambda sample: sample.revision,
    "httpRequest.requestUrl": lambda sample: sample.url,
    "httpRequest.status": lambda sample: sample.code,
    "httpRequest.requestMethod": lambda sample: sample.method,
    "severity": _severity,
}


def _request(sample: RequestSample, field: str) -> object:
    return _REQUEST[field](sample) if field in _REQUEST else None


_WRITTEN: Final[Mapping[str, Callable[[Any], object]]] = {
    "logName": lambda entry: entry.log_name,
    "timestamp": lambda entry: entry.timestamp.ToNanoseconds() / 1e9,
    "severity": lambda entry: log_severity_pb2.LogSeverity.Name(entry.severity),
    "textPayload": lambda entry: entry.text_payload or None,
    "insertId": lambda entry: entry.insert_id,
    "trace": lambda entry: entry.trace or None,
    "spanId": lambda entry: entry.span_id or None,
    "resource.type": lambda entry: entry.resource.type,
    "httpRequest.requestUrl": lambda entry: entry.http_request.request_url or None,
    "httpRequest.status": lambda entry: entry.http_request.status or None,
}


def read(entry: Any, field: str) -> object:
    """Return the value of a written entry's field, None where it has none."""
    if field in _WRITTEN:
        return _WRITTEN[field](entry)
    root, _, path = field.partition(".")
    match root:
        case "labels":
            return entry.labels.get(path)
        case "resource" if path.startswith("labels."):
            return entry.resource.labels.get(path.removeprefix("labels."))
        case "jsonPayload":
            return _inside(entry.json_payload, path)
        case _:
            return None


def _inside(payload: struct_pb2.Struct, path: str) -> object:
    seen: Any = payload
    for key in path.split("."):
        if not isinstance(seen, struct_pb2.Struct) or key not in seen:
            return None
        seen = seen[key]
    return seen
