"""What a go-live does next, from what is remembered of it alone: a restart at any moment loses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gates.model.timeline import (
    Checkpoint,
    CheckpointRecord,
    CheckpointResult,
    CheckpointState,
    Finding,
    Timeline,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing is due before `until`."""

    slot: Checkpoint
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """This slot's turn; what is missing may come until `deadline`."""

    slot: Checkpoint
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The go-live ended: HELD means that every checkpoint passed."""

    state: CheckpointState
    because: str


Next = Wait | Due | Over


def next_step(timeline: Timeline, records: Sequence[CheckpointRecord], zero: datetime, now: datetime) -> Next:
    """Return what is next; `records` are in the order in which they were written.

    A checkpoint that was begun and not settled is due again. A checkpoint whose time has passed is due now:
    none is ever left out, and none runs before its time or after a failure.
    """
    settled = {record.slot: record for record in records if record.state is not CheckpointState.BEGUN}
    ended = next((record for record in settled.values() if record.state is not CheckpointState.HELD), None)
    if ended is not None:
        return Over(state=ended.state, because=f"{ended.slot}: {ended.detail}")
    for index, slot in enumerate(timeline.slots):
        if slot.name in settled:
            continue
        at = zero + slot.at
        if now < at:
            return Wait(slot=slot, until=at)
        return Due(slot=slot, deadline=max(now, _deadline(timeline, index, zero)))
    return Over(state=CheckpointState.HELD, because="every checkpoint passed: the release is closed")


def _deadline(timeline: Timeline, index: int, zero: datetime) -> datetime:
    """Return until when a slot may wait for what is missing: the next slot's time, its own for the last."""
    later = timeline.slots[index + 1 :] or timeline.slots[index : index + 1]
    return zero + later[0].at


def is_live(timeline: Timeline, records: Sequence[CheckpointRecord]) -> bool:
    """Whether the traffic was, or may have been, moved."""
    moving = {slot.name for slot in timeline.slots if slot.enables_traffic}
    return any(record.slot in moving for record in records)


def settle(result: CheckpointResult, *, is_live: bool, is_late: bool) -> CheckpointState | None:
    """Return how a checkpoint ends, or None while missing evidence may still come.

    Before the traffic moves a failure stops the go-live. Afterwards a failure is rolled back; if it was not
    (the matrix wants a person, or it was not verified), a person is called, as for missing evidence.
    """
    if result.finding is Finding.HELD:
        return CheckpointState.HELD
    if result.finding is Finding.OPEN and not is_late:
        return None
    if not is_live:
        return CheckpointState.STOPPED
    return CheckpointState.ROLLED_BACK if result.is_rolled_back else CheckpointState.ESCALATED
