"""What is true of a release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gates.model.criterion import Stage
from gates.model.judgement import Judgement, Outcome
from gates.model.release import Release


class VerdictOutcome(StrEnum):
    """The three answers of the gate."""

    GO = "GO"
    NO_GO = "NO_GO"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What was asked: a stage, and whether only a part of its criteria or services."""

    stage: Stage
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Release, scope, outcome and the judgements that it rests on. `outcome` is derived, never given.

    Raises:
        ValueError: there is no judgement at all.
    """

    release: Release
    scope: Scope
    judgements: tuple[Judgement, ...]
    flaws: tuple[str, ...]
    catalogue_digest: str
    judged_at: datetime

    def __post_init__(self) -> None:
        if not self.judgements:
            raise ValueError("a verdict rests on at least one judgement")

    @property
    def outcome(self) -> VerdictOutcome:
        """NO_GO when a blocking criterion fails; GO when all of them pass, in full scope, without a flaw.

        Anything else is INCONCLUSIVE, and so is a stage without any blocking criterion.
        """
        blocking = self.blocking
        if any(judgement.outcome is Outcome.FAIL for judgement in blocking):
            return VerdictOutcome.NO_GO
        is_whole = bool(blocking) and not self.scope.is_partial and not self.flaws
        if is_whole and all(judgement.outcome is Outcome.PASS for judgement in blocking):
            return VerdictOutcome.GO
        return VerdictOutcome.INCONCLUSIVE

    @property
    def blocking(self) -> tuple[Judgement, ...]:
        """The judgements that can stop the release."""
        return tuple(judgement for judgement in self.judgements if judgement.is_blocking)
