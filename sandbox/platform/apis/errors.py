"""Error Reporting: errors that are reported, and server errors that the router saw, in groups.

A group is what has the same first line and comes from the same service.
https://cloud.google.com/error-reporting/docs/formatting-error-messages
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from google.cloud import errorreporting_v1beta1

from sandbox.platform.api_errors import Violation, invalid
from sandbox.platform.apis.logs import Logs
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.requests import page, require_project

_PACKAGE: Final = "google.devtools.clouderrorreporting.v1beta1"
_KEPT: Final = 10_000
_PERIODS_S: Final = {1: 3600, 2: 6 * 3600, 3: 24 * 3600, 4: 7 * 24 * 3600, 5: 30 * 24 * 3600}
ErrorEvent: Final = errorreporting_v1beta1.ErrorEvent.pb()


class ErrorReporting:
    """The calls of the API."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._reported: deque[Any] = deque(maxlen=_KEPT)
        self._is_on = True

    def tables(self) -> dict[str, Methods]:
        api = errorreporting_v1beta1
        return {
            f"{_PACKAGE}.ReportErrorsService": {
                "ReportErrorEvent": (api.ReportErrorEventRequest.pb(), self.report),
            },
            f"{_PACKAGE}.ErrorStatsService": {
                "ListGroupStats": (api.ListGroupStatsRequest.pb(), self.list_groups),
            },
        }

    def report(self, request: Any, _caller: str) -> Any:
        require_project(request.project_name, self._logs.project)
        event = request.event
        if not event.message:
            raise invalid([Violation("event.message", "is required")])
        if not event.service_context.service:
            raise invalid([Violation("event.service_context.service", "is required")])
        kept = ErrorEvent(message=event.message, context=event.context)
        kept.service_context.CopyFrom(event.service_context)
        if event.HasField("event_time"):
            kept.event_time.CopyFrom(event.event_time)
        else:
            kept.event_time.FromNanoseconds(time.time_ns())
        if self._is_on:
            self._reported.append(kept)
        return errorreporting_v1beta1.ReportErrorEventResponse.pb()()

    def list_groups(self, request: Any, _caller: str) -> Any:
        """Return a page of the groups with how often each was seen, the most frequent first."""
        require_project(request.project_name, self._logs.project)
        groups: dict[str, list[Any]] = {}
        for event in self._events(request):
            groups.setdefault(_group(event), []).append(event)
        wanted = set(request.group_id)
        ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
        stats = [self._stats(name, events) for name, events in ordered if not wanted or name in wanted]
        shown, token = page(stats, request)
        return errorreporting_v1beta1.ListGroupStatsResponse.pb()(
            error_group_stats=shown, next_page_token=token
        )

    def offer(self, board: Disturbances) -> None:
        board.offer(
            "error-tracking-off",
            "Reported errors are acknowledged and not kept",
            ("MON-08",),
            lambda is_wrong: setattr(self, "_is_on", not is_wrong),
        )

    def _events(self, request: Any) -> Iterator[Any]:
        """Yield the events of the request's time range and service."""
        start = time.time() - _PERIODS_S.get(request.time_range.period, _PERIODS_S[5])
        context = request.service_filter
        for event in self._all():
            is_wanted = all(
                not wanted or wanted == seen
                for wanted, seen in (
                    (context.service, event.service_context.service),
                    (context.version, event.service_context.version),
                )
            )
            if is_wanted and event.event_time.ToNanoseconds() / 1e9 >= start:
                yield event

    def _all(self) -> Iterator[Any]:
        yield from self._reported
        for sample in self._logs.failures if self._is_on else ():
            path = sample.url.partition("?")[0]
            event = ErrorEvent(message=f"{sample.method} {path} answered {sample.code}")
            event.service_context.service, event.service_context.version = sample.service, sample.revision
            event.event_time.FromNanoseconds(round(sample.at * 1e9))
            yield event

    def _stats(self, name: str, events: list[Any]) -> Any:
        stats = errorreporting_v1beta1.ErrorGroupStats.pb()(count=len(events), num_affected_services=1)
        stats.group.group_id = name
        stats.group.name = f"projects/{self._logs.project}/groups/{name}"
        times = sorted(event.event_time.ToNanoseconds() for event in events)
        stats.first_seen_time.FromNanoseconds(times[0])
        stats.last_seen_time.FromNanoseconds(times[-1])
        stats.affected_services.add().CopyFrom(events[-1].service_context)
        stats.representative.CopyFrom(events[-1])
        return stats


def _group(event: Any) -> str:
    first = event.message.partition("\n")[0]
    text = f"{event.service_context.service}\n{first}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
