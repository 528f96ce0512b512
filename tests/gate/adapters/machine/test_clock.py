"""The machine's time."""

from __future__ import annotations

from datetime import UTC, datetime

from gates.adapters.machine.clock import SystemClock


def test_time_is_aware_and_passes_while_waiting() -> None:
    """The time of day carries its zone, and a wait lasts at least as long as it was told."""
    clock = SystemClock()
    before, started = datetime.now(UTC), clock.monotonic()
    clock.wait(0.02)
    assert clock.monotonic() - started >= 0.02
    assert clock.now() >= before
    assert clock.now().tzinfo is UTC
