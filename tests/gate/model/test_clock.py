"""One loop looks until something holds, as often and as long as it is told to."""

from __future__ import annotations

from tests.support.fake_clock import FakeClock


class Count:
    """Answers true from the n-th look on."""

    def __init__(self, holds_from: int) -> None:
        self.looks = 0
        self._holds_from = holds_from

    def __call__(self) -> str:
        """Look once more."""
        self.looks += 1
        return "holds" if self.looks >= self._holds_from else ""


def test_it_ends_at_the_first_look_that_holds() -> None:
    """The answer comes back, and no pause follows it."""
    clock, look = FakeClock(), Count(3)
    assert clock.until(look, within=10.0, every=2.0) == "holds"
    assert (look.looks, clock.monotonic()) == (3, 4.0)


def test_it_looks_once_without_any_time() -> None:
    """And waits for nothing."""
    clock, look = FakeClock(), Count(2)
    assert clock.until(look, within=0.0, every=2.0) == ""
    assert (look.looks, clock.monotonic()) == (1, 0.0)


def test_it_gives_up_and_returns_the_last_answer() -> None:
    """The last look is at the end of the time, or after it."""
    clock, look = FakeClock(), Count(100)
    assert clock.until(look, within=5.0, every=2.0) == ""
    assert (look.looks, clock.monotonic()) == (4, 6.0)


def test_the_pauses_may_grow_with_the_time_that_passed() -> None:
    """After 0, 1 and 3 seconds: pauses of 1, 2 and 4."""
    clock, look = FakeClock(), Count(4)
    assert clock.until(look, within=60.0, every=lambda passed: passed + 1.0) == "holds"
    assert clock.monotonic() == 7.0
