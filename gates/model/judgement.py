"""How one criterion came out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gates.model.criterion import Criterion, Priority
from gates.model.evidence import ATTESTATION, Evidence, Measurement


class Outcome(StrEnum):
    """How one criterion came out for one service."""

    PASS = "PASS"  # noqa: S105 - an outcome, no password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    ERROR = "ERROR"


NOTHING_DELIVERED = "delivered nothing"
"""How the reason ends of a judgement whose producer was never run."""

_BADNESS = (Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.ERROR, Outcome.FAIL)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst of at least one outcome: PASS < INCONCLUSIVE < ERROR < FAIL.

    Raises:
        ValueError: there is no outcome; an empty list does not pass.
    """
    ranked = sorted(outcomes, key=_BADNESS.index)
    if not ranked:
        raise ValueError("the worst of nothing is not known")
    return ranked[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An approved, scoped, expiring exception for one criterion (and one service, or all of them)."""

    criterion: str
    service: str | None
    reason: str
    approved_by: str
    role: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Outcome and reason for one criterion and one service (or the platform).

    `margin` is how far the measured value is on the good side of the threshold, in the criterion's unit
    (negative when it fails); `priority` is set when the outcome is FAIL; `implied_by` names the failed
    criterion that explains this failure.
    """

    criterion: Criterion
    service: str
    outcome: Outcome
    reason: str
    measured: Measurement | None = None
    samples: int = 0
    margin: float | None = None
    priority: Priority | None = None
    blames: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    waiver: Waiver | None = None
    implied_by: str | None = None

    @property
    def key(self) -> str:
        """`CRITERION@service`: the name of this judgement in every report."""
        return f"{self.criterion.id}@{self.service}"

    @property
    def is_blocking(self) -> bool:
        """Whether this judgement alone can stop a release: blocking severity and not waived."""
        return self.criterion.severity.blocks and self.waiver is None

    @property
    def is_waived(self) -> bool:
        """Whether an approved exception stands in for a pass."""
        return self.waiver is not None and self.outcome is not Outcome.PASS

    @property
    def is_attested(self) -> bool:
        """Whether the role that must attest the criterion has said something about it."""
        said = f"{ATTESTATION}{self.criterion.attested_by}"
        return any(one.measurement is not None and one.producer.startswith(said) for one in self.evidence)

    @property
    def carried(self) -> tuple[Evidence, ...]:
        """The evidence that another environment's signed record gave, because this one does not allow it."""
        return tuple(one for one in self.evidence if one.carried_from is not None)

    @property
    def held_back(self) -> tuple[Evidence, ...]:
        """The checks that the environment does not allow, and that no record answers."""
        return tuple(one for one in self.evidence if one.held_back and one.measurement is None)
