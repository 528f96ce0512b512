"""The machine's time."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class SystemClock:
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
