"""The result of one synthetic journey."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gates.model.judgement import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyStep:
    """One step that was taken, in the order in which it ended."""

    name: str
    seconds: float


_WORDS = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "FAILED",
    Outcome.INCONCLUSIVE: "not run",
    Outcome.ERROR: "broken",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyResult:
    """One journey: whether it got through, how long it took, and whom its failure blames."""

    journey: str
    criterion: str
    outcome: Outcome
    reason: str
    seconds: float
    at: datetime
    blames: tuple[str, ...] = ()
    steps: tuple[JourneyStep, ...] = ()

    @property
    def was_seen(self) -> bool:
        """Whether the journey was taken at all: a pass or a failure is known only then."""
        return self.outcome in (Outcome.PASS, Outcome.FAIL)

    @property
    def in_a_word(self) -> str:
        """How it went, in a word for people."""
        return _WORDS[self.outcome]
