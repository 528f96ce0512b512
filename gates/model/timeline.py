"""The day of a go-live: when what is looked at, who must have signed, when the traffic moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gates.model.criterion import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """One moment of the timeline, `at` before or after the traffic moves (negative is before).

    `criteria` narrows the stage to its suite, `rehearsed` does so for a rehearsal, which proves the schedule
    and not the release. `approves` names the earlier slot whose run every role must sign.
    """

    name: str
    title: str
    at: timedelta
    stage: Stage | None = None
    criteria: tuple[str, ...] = ()
    rehearsed: tuple[str, ...] = ()
    approves: str | None = None
    enables_traffic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All checkpoints in the order of their time; the last one closes the release."""

    slots: tuple[Checkpoint, ...]

    @property
    def rehearsed(self) -> Timeline:
        """The same schedule with its small suites."""
        small = (replace(slot, criteria=slot.rehearsed or slot.criteria) for slot in self.slots)
        return Timeline(slots=tuple(small))


class CheckpointState(StrEnum):
    """How a checkpoint ended; everything but HELD ends the go-live."""

    BEGUN = "BEGUN"
    HELD = "HELD"
    STOPPED = "STOPPED"
    """Nothing was switched: the release does not go."""
    ROLLED_BACK = "ROLLED_BACK"
    ESCALATED = "ESCALATED"
    """A person decides: the matrix wants one, or the evidence is missing, or an action failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRecord:
    """What is remembered of a slot."""

    slot: str
    state: CheckpointState
    detail: str
    run_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GoLive:
    """One go-live: its name, where, when the traffic moves, and which revisions it is about."""

    name: str
    environment: str
    zero: datetime
    candidates: tuple[tuple[str, str], ...]
    is_rehearsal: bool = False


class Finding(StrEnum):
    """What a look at a slot's demands showed."""

    HELD = "HELD"
    OPEN = "OPEN"
    """Nothing failed, and something is missing: it may still come."""
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointResult:
    """What a checkpoint found, in which run, and whether a failure was rolled back and verified."""

    finding: Finding
    detail: str
    run_id: str = ""
    is_rolled_back: bool = False
