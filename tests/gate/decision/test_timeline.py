"""A go-live's next step follows from its records alone, in order, never early, never past a failure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.decision.timeline import Due, Over, Wait, is_live, next_step, settle
from gates.model.timeline import (
    Checkpoint,
    CheckpointRecord,
    CheckpointResult,
    CheckpointState,
    Finding,
    Timeline,
)
from tests.support.builders import NOW

TIMES = (-10080, -120, -5, 0, 5, 60, 1440)
SLOTS = tuple(
    Checkpoint(name=f"slot-{index}", title="t", at=timedelta(minutes=minutes), enables_traffic=minutes == 0)
    for index, minutes in enumerate(TIMES)
)
TIMELINE = Timeline(slots=SLOTS)


def record(slot: str, state: CheckpointState = CheckpointState.HELD) -> CheckpointRecord:
    """Return what is remembered of a slot."""
    return CheckpointRecord(slot=slot, state=state, detail="d", run_id="", at=NOW)


minutes = st.integers(-20000, 20000)
states = st.sampled_from(list(CheckpointState))


@given(st.integers(0, len(SLOTS)), minutes)
def test_slots_run_in_order_and_never_before_their_time(held: int, now: int) -> None:
    """After so many held slots it is the next one's turn: at its time or later, waited for until then."""
    at = NOW + timedelta(minutes=now)
    step = next_step(TIMELINE, [record(slot.name) for slot in SLOTS[:held]], NOW, at)
    if held == len(SLOTS):
        assert isinstance(step, Over)
        assert step.state is CheckpointState.HELD
        return
    expected = SLOTS[held]
    assert not isinstance(step, Over)
    assert step.slot == expected
    assert isinstance(step, Due) is (at >= NOW + expected.at)
    if isinstance(step, Wait):
        assert step.until == NOW + expected.at
    else:
        assert step.deadline >= at


@given(st.lists(st.tuples(st.sampled_from([slot.name for slot in SLOTS]), states), max_size=20), minutes)
def test_a_slot_that_ended_badly_ends_the_go_live(rows: list[tuple[str, CheckpointState]], now: int) -> None:
    """Whatever else is remembered, nothing runs after it."""
    records = [record(name, state) for name, state in rows]
    settled = {r.slot: r.state for r in records if r.state is not CheckpointState.BEGUN}
    step = next_step(TIMELINE, records, NOW, NOW + timedelta(minutes=now))
    is_ended = any(state is not CheckpointState.HELD for state in settled.values())
    is_closed = len(settled) == len(SLOTS)
    assert isinstance(step, Over) is (is_ended or is_closed)
    if isinstance(step, Over):
        assert (step.state is CheckpointState.HELD) is not is_ended


@given(st.integers(0, len(SLOTS) - 1), minutes)
def test_a_slot_that_was_begun_is_due_again(held: int, now: int) -> None:
    """A restart in the middle of a slot does that slot anew, as if it had never begun."""
    at = NOW + timedelta(minutes=now)
    before = [record(slot.name) for slot in SLOTS[:held]]
    begun = [*before, record(SLOTS[held].name, CheckpointState.BEGUN)]
    assert next_step(TIMELINE, begun, NOW, at) == next_step(TIMELINE, before, NOW, at)


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("late", [True, False])
def test_only_what_held_goes_on(*, live: bool, late: bool) -> None:
    """Missing evidence is waited for and then ends it; a failure ends it at once; never HELD."""
    held = CheckpointResult(finding=Finding.HELD, detail="d")
    assert settle(held, is_live=live, is_late=late) is CheckpointState.HELD
    missing = settle(CheckpointResult(finding=Finding.OPEN, detail="d"), is_live=live, is_late=late)
    expected = (CheckpointState.ESCALATED if live else CheckpointState.STOPPED) if late else None
    assert missing is expected
    failed = CheckpointResult(finding=Finding.FAILED, detail="d")
    assert settle(failed, is_live=live, is_late=late) is (
        CheckpointState.ESCALATED if live else CheckpointState.STOPPED
    )


def test_a_proven_rollback_is_said_so() -> None:
    """After the traffic moved, a failure that was rolled back needs nobody at once."""
    result = CheckpointResult(finding=Finding.FAILED, detail="d", is_rolled_back=True)
    assert settle(result, is_live=True, is_late=False) is CheckpointState.ROLLED_BACK


def test_traffic_counts_as_moved_from_the_moment_its_slot_began() -> None:
    """Whoever died while switching may have switched."""
    assert not is_live(TIMELINE, [record("slot-2")])
    assert is_live(TIMELINE, [record("slot-3", CheckpointState.BEGUN)])
