"""What the pipeline announces while it runs; only listeners print."""

from __future__ import annotations

from dataclasses import dataclass

from gates.model.decision import Decision
from gates.model.receipt import Receipt
from gates.model.record import RunSetup
from gates.model.release import Release
from gates.model.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """A step of the pipeline begins."""

    step: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """A step of the pipeline ended after `seconds`."""

    step: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFound:
    """The release under test is known; `notes` say what a person should know about how it was found."""

    release: Release
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPrepared:
    """What the run was asked is known in full."""

    setup: RunSetup


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksPlanned:
    """It is known what will be looked at; pairs of a check and the seconds that it took in an earlier run.

    `seconds` is what that run took for all of them; 0 when there was none.
    """

    usual: tuple[tuple[str, float], ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckBegan:
    """A producer began to look; `name` is for people."""

    check: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinished:
    """A producer delivered one observation: criterion, service and result."""

    check: str = ""
    criterion: str
    service: str
    status: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictReached:
    """The judge has spoken."""

    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionMade:
    """What will be done."""

    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFinished:
    """One action has its receipt."""

    receipt: Receipt


Event = (
    StepStarted
    | StepFinished
    | ReleaseFound
    | RunPrepared
    | ChecksPlanned
    | CheckBegan
    | CheckFinished
    | VerdictReached
    | DecisionMade
    | ActionFinished
)
