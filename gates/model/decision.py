"""What to do about a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gates.model.criterion import Priority


class DecisionKind(StrEnum):
    """The five things that can be done about a verdict."""

    PROMOTE = "PROMOTE"
    HOLD = "HOLD"
    ROLL_BACK = "ROLL_BACK"
    SCALE = "SCALE"
    INVESTIGATE = "INVESTIGATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBack:
    """Send all traffic of one service from one revision to another.

    `is_target_verified` says whether the ledger holds a GO for the target. `is_quarantined` says that the
    revision that is left is bad: it is never a target again until a later GO. While `is_held` the maintenance
    page keeps the traffic: the target only becomes what comes back when maintenance ends.
    """

    service: str
    from_revision: str
    to_revision: str
    is_target_verified: bool
    reason: str
    is_quarantined: bool = True
    is_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The rollback target of one service, its image, and the objections of the safety checks."""

    action: RollBack
    digest: str
    objections: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """What a verification of it is about: revision and image."""
        return f"{self.action.to_revision}@{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPlan:
    """Waves of rollbacks: parallel inside a wave, a wave after the one before it.

    `impossible` maps a service to the reason why it cannot be rolled back.
    """

    waves: tuple[tuple[RollBack, ...], ...] = ()
    impossible: tuple[tuple[str, str], ...] = ()

    @property
    def actions(self) -> tuple[RollBack, ...]:
        """All rollbacks in the order of their waves."""
        return tuple(action for wave in self.waves for action in wave)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreAuthorisation:
    """A signed pre-authorisation: until it expires, rollbacks of one priority need no confirmation.

    `service` narrows it to one service; None covers all of the environment. `statement` names the signed
    text.
    """

    priority: Priority
    by: str
    role: str
    issued_at: datetime
    expires_at: datetime
    statement: str
    service: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What will be done, by whose authority, by when, and why.

    `priority`, `authority` and `response_time` come from the decision matrix; `standing` are the signed
    authorities that cover all of its services, and without any it needs a person. `due` is when it has to be
    carried out, None where nothing has to.
    """

    kind: DecisionKind
    because: tuple[str, ...]
    services: tuple[str, ...] = ()
    priority: Priority | None = None
    authority: str | None = None
    response_time: timedelta | None = None
    standing: tuple[PreAuthorisation, ...] = ()
    plan: RollbackPlan | None = None
    decided_at: datetime | None = None
    due: datetime | None = None

    @property
    def is_automatic(self) -> bool:
        """Whether a standing authority covers it."""
        return bool(self.standing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """How a decision stands at a moment: seconds left (negative when late), and whose turn it is by now."""

    left_s: float
    turn_of: str

    @property
    def is_late(self) -> bool:
        """Whether the response time has passed."""
        return self.left_s < 0


@dataclass(frozen=True, slots=True)
class WaitingDecision:
    """A decision that waits, the run and the folder where it is kept, and its deadline."""

    run_id: str
    folder: str
    decision: Decision
    deadline: Deadline

    @property
    def key(self) -> tuple[str, bool, str]:
        """What is printed again when it changes."""
        return self.run_id, self.deadline.is_late, self.deadline.turn_of
