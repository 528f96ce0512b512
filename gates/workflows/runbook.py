"""Follows a runbook step by step: what is due is called or asked for, and every step has a result.

A step calls a command of the gate or asks a person; both come through `StepRunner`. A signal ends the
procedure: the steps after it are pending, and the report is written all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gates.decision.runbook import ended, is_due, waits_for
from gates.model.exit_code import ExitCode
from gates.model.runbook import Runbook, RunbookReport, RunbookStep, StepResult, StepState

_STATES = {
    ExitCode.GO: StepState.DONE,
    ExitCode.INTERRUPTED: StepState.PENDING,  # the answer was no
    ExitCode.INCONCLUSIVE: StepState.PENDING,  # it could not be looked at
    ExitCode.NOTHING_EVALUATED: StepState.PENDING,  # there is nothing to look at yet
}
"""What a command's exit code says of its step; every other one is a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A command as it was called, how it ended, and what it printed."""

    command: tuple[str, ...]
    code: ExitCode
    output: str


class StepRunner(Protocol):
    """Takes single steps. Every method raises KeyboardInterrupt when a signal comes or a person ends it."""

    def call(self, words: Sequence[str], *, is_allowed: bool) -> Called:
        """Run a command of the gate; when it was allowed before, it does not ask again."""

    def is_allowed(self, step: RunbookStep) -> bool:
        """Say whether a person allows a disruptive step."""

    def ask(self, step: RunbookStep) -> tuple[bool, str] | None:
        """Return whether the step is done, and a note; None when there is no terminal to ask on."""

    def show(self, text: str) -> None:
        """Show a line of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookWorkflow:
    """Follows runbooks in one environment, about one service where they name one, for one person."""

    environment: str
    service: str
    by: str
    runner: StepRunner
    now: Callable[[], datetime]

    def follow(self, runbook: Runbook) -> tuple[RunbookReport, ExitCode]:
        """Take every step that is due; return the report, and how the procedure ended."""
        began, results, interrupted = self.now(), list[StepResult](), ""
        for number, step in enumerate(runbook.steps, start=1):
            self.runner.show(f"[{number}/{len(runbook.steps)}] {step.title}")
            try:
                result = self._taken(step, results, interrupted)
            except KeyboardInterrupt as error:
                interrupted = str(error) or "a person"
                result = self._result(step, StepState.FAILED, note=f"interrupted by {interrupted}")
            self.runner.show(f"      {result.state}{f': {result.note}' if result.note else ''}")
            results.append(result)
        report = RunbookReport(
            runbook=runbook,
            environment=self.environment,
            service=self.service,
            by=self.by,
            began_at=began,
            results=tuple(results),
        )
        return report, ExitCode.INTERRUPTED if interrupted else ended(results)

    def _taken(self, step: RunbookStep, results: Sequence[StepResult], interrupted: str) -> StepResult:
        """Take one step, or say why not."""
        if interrupted:
            return self._result(step, StepState.PENDING, note="interrupted before")
        if waited := waits_for(step, results):
            return self._result(step, StepState.PENDING, note=f"waits for: {waited}")
        if not is_due(step, results):
            return self._result(step, StepState.SKIPPED)
        if step.is_manual:
            return self._asked(step)
        if step.is_guarded and not self.runner.is_allowed(step):
            return self._result(step, StepState.PENDING, note="disruptive, and not allowed")
        return self._called(step)

    def _asked(self, step: RunbookStep) -> StepResult:
        answer = self.runner.ask(step)
        if answer is None:
            return self._result(step, StepState.PENDING, note=f"for {step.role}: {step.question}")
        is_done, note = answer
        state = StepState.DONE if is_done else StepState.FAILED
        return self._result(step, state, note=note, by=f"{self.by} as {step.role}")

    def _called(self, step: RunbookStep) -> StepResult:
        words = [word.replace("{service}", self.service) for word in step.command]
        called = self.runner.call(words, is_allowed=step.is_guarded)
        state = _STATES.get(called.code, StepState.FAILED)
        left = f"gate {' '.join(called.command)} left with {int(called.code)}"
        return StepResult(
            step=step,
            state=state,
            at=self.now(),
            note="" if state is StepState.DONE else left,
            by=self.by,
            output=called.output,
            command=called.command,
        )

    def _result(self, step: RunbookStep, state: StepState, *, note: str = "", by: str = "") -> StepResult:
        return StepResult(step=step, state=state, at=self.now(), note=note, by=by)
