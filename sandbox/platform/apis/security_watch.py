"""The platform's security monitoring as its log shows it: signs of life, and signals."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from google.logging.type import log_severity_pb2

from sandbox.platform.apis.logs import LogEntry, Logs
from sandbox.platform.disturbances import Disturbances

LOG: Final = "security-monitoring"
_EVERY_S: Final = 5.0
_SIGNAL: Final = "credential-stuffing-0001"


class SecurityWatch:
    """Says every few seconds that it lives, and what it was made to find."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs
        self._is_alive = True

    async def keep_watching(self) -> None:
        """Write signs of life, for ever."""
        while True:
            if self._is_alive:
                self._write("INFO", kind="heartbeat")
            await asyncio.sleep(_EVERY_S)

    def offer(self, board: Disturbances) -> None:
        board.offer(
            "security-signal-open",
            "Security monitoring raised a signal that is not answered",
            ("REV-05",),
            lambda is_wrong: (
                self._signal("CRITICAL", "open") if is_wrong else self._signal("INFO", "resolved")
            ),
        )
        board.offer(
            "security-monitoring-stopped",
            "Security monitoring gives no sign of life, and lost those it gave",
            ("REV-05",),
            lambda is_wrong: self._stop(is_stopped=is_wrong),
        )

    def _signal(self, severity: str, state: str) -> None:
        self._write(severity, kind="signal", signal=_SIGNAL, state=state)

    def _stop(self, *, is_stopped: bool) -> None:
        self._is_alive = not is_stopped
        if is_stopped:
            self._logs.forget(LOG)

    def _write(self, severity: str, **payload: str) -> None:
        entry = LogEntry(
            log_name=f"projects/{self._logs.project}/logs/{LOG}",
            insert_id=f"s{time.time_ns():020}",
            severity=log_severity_pb2.LogSeverity.Value(severity),
        )
        entry.resource.type = "global"
        entry.resource.labels["project_id"] = self._logs.project
        entry.timestamp.FromNanoseconds(time.time_ns())
        entry.json_payload.update(payload)
        self._logs.write([entry])
