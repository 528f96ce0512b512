"""Cloud Logging: entries are written and found again. TailLogEntries is not emulated."""

from __future__ import annotations

import re
import time
from typing import Any, Final

from google.cloud.logging_v2 import types

from sandbox.platform.api_errors import Violation, invalid
from sandbox.platform.apis import log_filters
from sandbox.platform.apis.logs import LogEntry, Logs
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.requests import page, require_project

SERVICE: Final = "google.logging.v2.LoggingServiceV2"
SYNTHETICS: Final = "release-gate-synthetic"
"""The log in which synthetic journeys say how they went."""
_LOG: Final = re.compile(r"projects/([^/]+)/logs/([^/]{1,511})")
_ORDERS: Final = ("", "timestamp asc", "timestamp desc")
_DAY_S: Final = 24 * 3600


class CloudLogging:
    """The calls of the API."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    def tables(self) -> dict[str, Methods]:
        return {
            SERVICE: {
                "WriteLogEntries": (types.WriteLogEntriesRequest.pb(), self.write),
                "ListLogEntries": (types.ListLogEntriesRequest.pb(), self.list_entries),
            }
        }

    def write(self, request: Any, _caller: str) -> Any:
        """Take entries, all or none; the request's log, resource and labels are their defaults."""
        if not request.entries:
            raise invalid([Violation("entries", "must not be empty")])
        entries = [self._complete(request, entry) for entry in request.entries]
        if not request.dry_run:
            self._logs.write(entries)
        return types.WriteLogEntriesResponse.pb()()

    def list_entries(self, request: Any, _caller: str) -> Any:
        if not request.resource_names:
            raise invalid([Violation("resource_names", "must not be empty")])
        for name in request.resource_names:
            require_project(name, self._logs.project)
        if request.order_by not in _ORDERS:
            raise invalid([Violation("order_by", f"must be one of {', '.join(_ORDERS[1:])}")])
        found = self._logs.find(log_filters.parse(request.filter))
        if request.order_by.endswith("desc"):
            found.reverse()
        shown, token = page(found, request)
        return types.ListLogEntriesResponse.pb()(entries=shown, next_page_token=token)

    def offer(self, board: Disturbances) -> None:
        board.offer(
            "log-sink-broken",
            "Log entries are acknowledged and not kept",
            ("MON-04",),
            lambda is_wrong: setattr(self._logs, "is_sinking", not is_wrong),
        )
        board.offer(
            "synthetics-stopped",
            "The last synthetic journeys ran two days ago",
            ("MON-07",),
            lambda is_wrong: self._age(2 * _DAY_S if is_wrong else -2 * _DAY_S),
        )

    def _age(self, seconds: int) -> None:
        for entry in self._logs.written:
            if entry.log_name.endswith(f"/{SYNTHETICS}"):
                entry.timestamp.seconds -= seconds

    def _complete(self, request: Any, entry: Any) -> Any:
        kept = LogEntry()
        kept.CopyFrom(entry)
        kept.log_name = entry.log_name or request.log_name
        self._require_log(kept.log_name)
        if not entry.HasField("resource"):
            kept.resource.CopyFrom(request.resource)
        if not kept.resource.type:
            raise invalid([Violation("entries.resource", "is required")])
        kept.resource.labels["project_id"] = self._logs.project
        kept.labels.update({**request.labels, **entry.labels})
        kept.receive_timestamp.FromNanoseconds(time.time_ns())
        if not entry.HasField("timestamp"):
            kept.timestamp.CopyFrom(kept.receive_timestamp)
        kept.insert_id = entry.insert_id or f"w{time.time_ns():020}"
        return kept

    def _require_log(self, name: str) -> None:
        match = _LOG.fullmatch(name)
        if match is None:
            raise invalid([Violation("log_name", f"'{name}' is not projects/ID/logs/NAME, with / as %2F")])
        require_project(f"projects/{match[1]}", self._logs.project)
