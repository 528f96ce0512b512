"""Which step of a runbook is due, and how a run of it ended."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gates.decision.runbook import ended, is_due, unresolved
from gates.model.exit_code import ExitCode
from gates.model.runbook import RunbookStep, StepResult, StepState

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def came(step_id: str, state: StepState, *command: str) -> StepResult:
    """Return what came of a step."""
    step = RunbookStep(id=step_id, title=step_id, command=command, question="" if command else "well?")
    return StepResult(step=step, state=state, at=NOW, command=command)


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (StepState.FAILED, True),
        (StepState.PENDING, True),
        (StepState.DONE, False),
        (StepState.SKIPPED, False),
    ],
)
def test_a_repair_is_due_after_a_failure_and_when_nobody_knows(state: StepState, *, due: bool) -> None:
    """A pending step may have failed: what repairs it is not skipped."""
    step = RunbookStep(id="repair", title="repair", command=("circuits", "reset"), after="look")
    assert is_due(step, [came("look", state, "check")]) is due


def test_a_step_without_a_condition_is_always_due() -> None:
    """Whatever came before."""
    assert is_due(RunbookStep(id="look", title="look", command=("check",)), [])


def test_a_command_that_did_well_later_was_put_right() -> None:
    """The repair worked, and the same look says so."""
    result, again = came("look", StepState.FAILED, "check"), came("again", StepState.DONE, "check")
    assert unresolved([result, again]) == ()
    assert ended([result, again]) is ExitCode.GO


def test_a_command_that_failed_again_stands() -> None:
    """A success in between puts nothing right."""
    results = [came("one", StepState.DONE, "check"), came("two", StepState.FAILED, "check")]
    assert ended(results) is ExitCode.NO_GO


def test_a_person_s_no_stands() -> None:
    """It has no command that could do well later."""
    results = [came("ask", StepState.FAILED), came("look", StepState.DONE, "check")]
    assert ended(results) is ExitCode.NO_GO


def test_a_pending_step_leaves_it_open_and_nothing_done_is_nothing() -> None:
    """Neither is a success."""
    assert ended([came("a", StepState.DONE, "x"), came("b", StepState.PENDING)]) is ExitCode.INCONCLUSIVE
    assert ended([came("a", StepState.SKIPPED, "x")]) is ExitCode.NOTHING_EVALUATED
    assert ended([]) is ExitCode.NOTHING_EVALUATED
