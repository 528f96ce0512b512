"""Until when a decision has to be carried out, and whose turn it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.decision.response_clock import deadline, due, next_start
from gates.model.decision import Decision, DecisionKind
from gates.model.platform import EscalationStep, MaintenanceWindow

AT = datetime(2025, 1, 1, 12, tzinfo=UTC)
SUNDAY_TWO = MaintenanceWindow(weekday=6, hour=2)
ESCALATION = (
    EscalationStep(after=timedelta(0), action="look", role="on-call-engineer"),
    EscalationStep(after=timedelta(minutes=5), action="declare", role="incident-commander"),
    EscalationStep(after=timedelta(minutes=30), action="brief", role="engineering-manager"),
)


def decided(response: timedelta | None) -> Decision:
    """Return a decision for the team lead."""
    return Decision(
        kind=DecisionKind.ROLL_BACK,
        because=("x",),
        authority="team-lead",
        decided_at=AT,
        due=None if response is None else AT + response,
    )


@given(st.integers(0, 10 * 366 * 86_400), st.integers(0, 6), st.integers(0, 23))
def test_the_next_window_is_within_a_week_on_its_day_and_hour(offset: int, weekday: int, hour: int) -> None:
    """Never in the past, never more than a week away."""
    at = AT + timedelta(seconds=offset)
    start = next_start(MaintenanceWindow(weekday=weekday, hour=hour), at)

    assert at <= start < at + timedelta(days=7, seconds=1)
    assert (start.weekday(), start.hour, start.minute) == (weekday, hour, 0)


def test_a_response_time_counts_from_the_decision_and_without_one_the_window_does() -> None:
    """P1 has a quarter of an hour, P3 the next Sunday at two."""
    assert due(AT, timedelta(minutes=15), SUNDAY_TWO) == AT + timedelta(minutes=15)
    assert due(AT, None, SUNDAY_TWO) == datetime(2025, 1, 5, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "late", "turn"),
    [
        (0, 0, "team-lead"),
        (15, 0, "team-lead"),
        (16, 1, "incident-commander"),
        (40, 1, "engineering-manager"),
    ],
)
def test_what_is_late_escalates_by_the_time_that_passed(minutes: int, late: int, turn: str) -> None:
    """In time it is its authority's turn; late, whoever the escalation has reached."""
    state = deadline(decided(timedelta(minutes=15)), AT + timedelta(minutes=minutes), ESCALATION)

    assert state is not None
    assert (state.is_late, state.turn_of) == (bool(late), turn)


def test_what_has_no_clock_has_no_standing() -> None:
    """A GO waits for nobody."""
    assert deadline(decided(None), AT, ESCALATION) is None
