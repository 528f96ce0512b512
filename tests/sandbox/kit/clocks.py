"""A clock that only moves when it is told to."""

from __future__ import annotations


class HandClock:
    """Seconds that a test turns by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
