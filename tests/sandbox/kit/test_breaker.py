"""The circuit breaker opens, looks again, closes, and can be seen and reset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit.breaker import Breaker, CircuitOpenError, Circuits, CircuitState
from tests.sandbox.kit.clocks import HandClock


def _breaker(clock: HandClock) -> Breaker:
    return Breaker("auth-service", threshold=3, open_for=2.0, clock=clock)


def _fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.enter()
        breaker.failed()


def test_failures_in_a_row_open_the_circuit() -> None:
    """The threshold's failure opens it, and then calls are refused without being made."""
    breaker = _breaker(HandClock())
    _fail(breaker, 2)
    assert breaker.report().state is CircuitState.CLOSED
    _fail(breaker, 1)
    with pytest.raises(CircuitOpenError) as refused:
        breaker.enter()
    report = breaker.report()
    assert (report.state, report.calls, report.refused, report.opened) == (CircuitState.OPEN, 3, 1, 1)
    assert refused.value.retry_after == pytest.approx(2.0)


def test_a_success_in_between_keeps_it_closed() -> None:
    """Only failures in a row count."""
    breaker = _breaker(HandClock())
    _fail(breaker, 2)
    breaker.enter()
    breaker.succeeded()
    _fail(breaker, 2)
    assert breaker.report().state is CircuitState.CLOSED


def test_one_probe_at_a_time_goes_through_when_half_open() -> None:
    """After the wait one call looks; others are refused until it has come back."""
    clock = HandClock()
    breaker = _breaker(clock)
    _fail(breaker, 3)
    clock.turn(2.0)
    assert breaker.report().state is CircuitState.HALF_OPEN
    breaker.enter()
    with pytest.raises(CircuitOpenError):
        breaker.enter()
    breaker.succeeded()
    assert breaker.report().state is CircuitState.CLOSED


def test_a_failed_probe_opens_it_again() -> None:
    """One failure is enough when half-open, and the wait starts anew."""
    clock = HandClock()
    breaker = _breaker(clock)
    _fail(breaker, 3)
    clock.turn(2.0)
    _fail(breaker, 1)
    clock.turn(1.9)
    assert breaker.report().state is CircuitState.OPEN
    assert breaker.report().opened == 2


def test_an_abandoned_probe_does_not_block_the_next_one() -> None:
    """A caller that went away says nothing about the dependency."""
    clock = HandClock()
    breaker = _breaker(clock)
    _fail(breaker, 3)
    clock.turn(2.0)
    breaker.enter()
    breaker.abandoned()
    breaker.enter()
    assert breaker.report().state is CircuitState.HALF_OPEN


def test_reset_closes_it_by_hand() -> None:
    """An operator's reset lets calls through at once."""
    breaker = _breaker(HandClock())
    _fail(breaker, 3)
    breaker.reset()
    breaker.enter()
    assert breaker.report().consecutive_failures == 0


@given(st.lists(st.booleans(), max_size=30))
def test_it_is_closed_unless_three_failures_came_in_a_row(outcomes: list[bool]) -> None:
    """While time stands still, the state is a function of the longest run of failures so far."""
    breaker, in_a_row = _breaker(HandClock()), 0
    for is_good in outcomes:
        if in_a_row >= 3:
            with pytest.raises(CircuitOpenError):
                breaker.enter()
            continue
        breaker.enter()
        if is_good:
            breaker.succeeded()
        else:
            breaker.failed()
        in_a_row = 0 if is_good else in_a_row + 1
    assert (breaker.report().state is CircuitState.OPEN) == (in_a_row >= 3)


def test_circuits_are_kept_by_name_and_shown_in_order() -> None:
    """The same name is the same breaker."""
    circuits = Circuits(threshold=1, open_for=1.0, clock=HandClock())
    assert circuits.of("b") is circuits.of("b")
    circuits.of("a")
    assert [report.name for report in circuits.reports()] == ["a", "b"]
    assert circuits.find("c") is None
