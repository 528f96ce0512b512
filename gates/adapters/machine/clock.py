"""The machine's time."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

from gates.model.clock import Clock


class FastClock(Clock):
    """Implements the clock port for rehearsals: a wait returns at once, and the time is later."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the time of day in UTC, as far ahead as was waited."""
        return datetime.now(UTC) + self._ahead

    def monotonic(self) -> float:
        """Return seconds that never run backwards; only differences mean something."""
        return time.monotonic() + self._ahead.total_seconds()

    def wait(self, seconds: float) -> None:
        """Wind the clock forward."""
        self._ahead += timedelta(seconds=max(0.0, seconds))


class SystemClock(Clock):
    """Implements the clock port with the machine's clocks."""

    def __init__(self) -> None:
        self._never = threading.Event()

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never run backwards; only differences mean something."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Return after that many seconds."""
        self._never.wait(seconds)
