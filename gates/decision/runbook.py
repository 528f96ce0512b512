"""Which step of a runbook is due, and how a run of it ended."""

from __future__ import annotations

from collections.abc import Sequence

from gates.model.exit_code import ExitCode
from gates.model.runbook import RunbookStep, StepResult, StepState


def is_due(step: RunbookStep, results: Sequence[StepResult]) -> bool:
    """Whether the step's condition holds: no condition, or the state of an earlier step.

    A step whose condition is about a pending step is due, not skipped.
    """
    if not step.after:
        return True
    states = {result.step.id: result.state for result in results}
    return states.get(step.after) in (step.after_state, StepState.PENDING)


def waits_for(step: RunbookStep, results: Sequence[StepResult]) -> str:
    """Return the title of the open question that a disruptive step must not run ahead of, or nothing."""
    for result in results:
        if step.is_guarded and result.step.id == step.after and result.state is StepState.PENDING:
            return result.step.title
    return ""


def unresolved(results: Sequence[StepResult]) -> tuple[StepResult, ...]:
    """Return the failures that stand: a command that failed and did well later was put right."""
    last = {result.command: result.state for result in results if result.command}
    return tuple(
        result
        for result in results
        if result.state is StepState.FAILED and last.get(result.command) is not StepState.DONE
    )


def ended(results: Sequence[StepResult]) -> ExitCode:
    """Return 1 when a failure stands, 10 when a step is pending, 5 when nothing was done, else 0."""
    if unresolved(results):
        return ExitCode.NO_GO
    states = {result.state for result in results}
    if StepState.PENDING in states:
        return ExitCode.INCONCLUSIVE
    return ExitCode.GO if StepState.DONE in states else ExitCode.NOTHING_EVALUATED
