"""A clock that implements the port: time passes only when somebody waits."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from gates.model.clock import Clock

EPOCH = datetime(2025, 1, 1, tzinfo=UTC)


class FakeClock(Clock):
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = 0.0

    def now(self) -> datetime:
        """Return the epoch plus what was waited."""
        return EPOCH + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        """Return what was waited."""
        return self._seconds

    def wait(self, seconds: float) -> None:
        """Let that time pass at once."""
        with self._lock:
            self._seconds += seconds
