"""A planned rollback as values: its steps, what of it is done, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gates.model.decision import RollbackPlan


class Step(StrEnum):
    """The steps, in their order."""

    PREPARE = "pre-validation"
    PAGE_ON = "maintenance on"
    ROLL_BACK = "roll back"
    TEST = "post-test"
    PAGE_OFF = "maintenance off"
    VALIDATE = "post-validation"


def steps(*, has_page: bool) -> tuple[Step, ...]:
    """Return the steps of a procedure; without a page the two steps about it are left out."""
    page = (Step.PAGE_ON, Step.PAGE_OFF)
    return tuple(step for step in Step if has_page or step not in page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A procedure that is not finished: its plan, whether users get the page, which steps are done."""

    run_id: str
    plan: RollbackPlan
    has_page: bool
    done: tuple[Step, ...]
    because: str = ""
    """Why the next step did not hold when it was tried, with a colon before it."""

    @property
    def next_step(self) -> Step:
        """The first step that has not succeeded yet."""
        return next(step for step in steps(has_page=self.has_page) if step not in self.done)

    @property
    def shows_page(self) -> bool:
        """Whether users may get the page now: it may have been turned on, and is not known to be off."""
        return self.has_page and self.next_step not in (Step.PREPARE, Step.VALIDATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a procedure ended: the step that failed and why, or None; `is_stopped` if a signal came."""

    failed: Step | None = None
    faults: tuple[str, ...] = ()
    is_stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureResult:
    """How a procedure ended, after how many seconds, and whether users may still get the page."""

    begun: Unfinished
    ended: Ended
    seconds: float
    may_show_page: bool
