"""A runbook is followed to its end: what a signal cuts off waits for a person, and stands in the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from gates.model.exit_code import ExitCode
from gates.model.runbook import Runbook, RunbookReport, RunbookStep, StepState
from gates.reporting.runbook import markdown
from gates.workflows.runbook import Called, RunbookWorkflow
from tests.support.builders import NOW

ASKED = RunbookStep(id="ask", title="Ask", question="Well?", role="team-lead")


def step(name: str, *, is_guarded: bool = False, after: str = "") -> RunbookStep:
    """Return a step that calls a command about the service."""
    return RunbookStep(id=name, title=name, command=(name, "{service}"), is_guarded=is_guarded, after=after)


@dataclass
class FakeRunner:
    """Ends each command with its code, 0 by default, or is interrupted by it."""

    codes: dict[str, ExitCode] = field(default_factory=dict)
    interrupts: dict[str, str] = field(default_factory=dict)
    allows: bool = True
    answer: tuple[bool, str] | None = None
    called: list[tuple[tuple[str, ...], bool]] = field(default_factory=list)

    def call(self, words: Sequence[str], *, is_allowed: bool) -> Called:
        """Take note of the call."""
        self.called.append((tuple(words), is_allowed))
        if words[0] in self.interrupts:
            raise KeyboardInterrupt(self.interrupts[words[0]])
        return Called(command=tuple(words), code=self.codes.get(words[0], ExitCode.GO), output="said")

    def is_allowed(self, _step: RunbookStep) -> bool:
        """Allow all or nothing."""
        return self.allows

    def ask(self, _step: RunbookStep) -> tuple[bool, str] | None:
        """Give the one answer."""
        return self.answer

    def show(self, text: str) -> None:
        """Show nothing."""


def follow(runner: FakeRunner, *steps: RunbookStep) -> tuple[RunbookReport, ExitCode]:
    """Follow a runbook of these steps about service a, in the name of ann."""
    workflow = RunbookWorkflow(environment="sandbox", service="a", by="ann", runner=runner, now=lambda: NOW)
    return workflow.follow(Runbook(name="book", title="t", when="w", steps=steps))


def states(report: RunbookReport) -> list[StepState]:
    """Return how the steps ended."""
    return [result.state for result in report.results]


def test_a_command_is_called_about_the_service_and_its_output_is_kept() -> None:
    """With the words that were called, and for whom."""
    report, code = follow(runner := FakeRunner(), step("check"))
    (result,) = report.results
    assert (code, runner.called) == (ExitCode.GO, [(("check", "a"), False)])
    assert (result.state, result.command, result.output) == (StepState.DONE, ("check", "a"), "said")
    assert result.by == "ann"


@pytest.mark.parametrize("reason", ["SIGTERM", ""])
def test_a_signal_ends_the_procedure_and_the_rest_is_pending(reason: str) -> None:
    """The step that ran has failed, and the report names every step."""
    runner = FakeRunner(interrupts={"check": reason})
    report, code = follow(runner, step("look"), step("check"), step("mend"), ASKED)
    assert code is ExitCode.INTERRUPTED
    assert states(report) == [StepState.DONE, StepState.FAILED, StepState.PENDING, StepState.PENDING]
    assert report.results[1].note == f"interrupted by {reason or 'a person'}"
    assert [words[0] for words, _ in runner.called] == ["look", "check"]
    assert "# Runbook book: interrupted" in markdown(report, code)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (ExitCode.NO_GO, StepState.FAILED),
        (ExitCode.INTERNAL_ERROR, StepState.FAILED),
        (ExitCode.ACTION_FAILED, StepState.FAILED),
        (ExitCode.INTERRUPTED, StepState.PENDING),
        (ExitCode.INCONCLUSIVE, StepState.PENDING),
        (ExitCode.NOTHING_EVALUATED, StepState.PENDING),
    ],
)
def test_a_step_is_done_only_when_its_command_ended_with_zero(code: ExitCode, state: StepState) -> None:
    """What could not be looked at waits for a person; everything else is a failure."""
    report, ended = follow(FakeRunner(codes={"check": code}), step("check"))
    assert states(report) == [state]
    assert ended is not ExitCode.GO
    assert f"left with {int(code)}" in report.results[0].note


def test_a_disruptive_step_is_called_only_when_it_was_allowed() -> None:
    """What was allowed is called with that; what was not waits."""
    allowed, refusing = FakeRunner(), FakeRunner(allows=False)
    assert states(follow(allowed, step("mend", is_guarded=True))[0]) == [StepState.DONE]
    assert allowed.called == [(("mend", "a"), True)]
    assert states(follow(refusing, step("mend", is_guarded=True))[0]) == [StepState.PENDING]
    assert refusing.called == []


@pytest.mark.parametrize(
    ("answer", "state"),
    [(None, StepState.PENDING), ((True, "x"), StepState.DONE), ((False, "x"), StepState.FAILED)],
)
def test_a_person_answers_for_a_manual_step(answer: tuple[bool, str] | None, state: StepState) -> None:
    """In the role that the step names; without a terminal it waits."""
    report, _ = follow(FakeRunner(answer=answer), ASKED)
    assert states(report) == [state]
    assert report.results[0].by == ("" if answer is None else "ann as team-lead")


def test_a_step_whose_condition_does_not_hold_is_skipped() -> None:
    """The repair is due after a failure alone."""
    report, _ = follow(FakeRunner(), step("look"), step("mend", after="look"))
    assert states(report) == [StepState.DONE, StepState.SKIPPED]
