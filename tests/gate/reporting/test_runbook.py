"""What the report of a runbook says, and that nothing in it can pretend to be more."""

from __future__ import annotations

from datetime import UTC, datetime

from gates.model.exit_code import ExitCode
from gates.model.runbook import Runbook, RunbookReport, RunbookStep, StepResult, StepState
from gates.reporting.runbook import explained, markdown

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LOOK = RunbookStep(id="look", title="Look", command=("check", "{service}"))
ASK = RunbookStep(
    id="ask", title="Ask", question="Well?", role="team-lead", after="look", after_state=StepState.FAILED
)
REPAIR = RunbookStep(id="repair", title="Repair", command=("circuits", "reset", "{service}"), is_guarded=True)
BOOK = Runbook(name="book", title="A book", when="always", steps=(LOOK, ASK, REPAIR))


def test_who_did_what_is_said() -> None:
    """One row per step, with state, time, person and note."""
    result = StepResult(step=ASK, state=StepState.DONE, at=NOW, by="ann as team-lead", note="all | well\nnow")
    report = RunbookReport(
        runbook=BOOK, environment="sandbox", service="", by="ann", began_at=NOW, results=(result,)
    )
    text = markdown(report, ExitCode.GO)
    assert "# Runbook book: done" in text
    assert "| Ask | DONE | 03:04:05 | ann as team-lead | all \\| well now |" in text


def test_the_end_of_a_long_output_is_kept_as_a_block() -> None:
    """Its headings are no headings of the report."""
    output = "\n".join(f"# line {number}" for number in range(100))
    result = StepResult(
        step=LOOK, state=StepState.FAILED, at=NOW, output=output, command=("check", "frontend")
    )
    report = RunbookReport(
        runbook=BOOK, environment="sandbox", service="frontend", by="ann", began_at=NOW, results=(result,)
    )
    lines = markdown(report, ExitCode.NO_GO).splitlines()
    assert "    (40 lines before these)" in lines
    assert "    # line 99" in lines
    assert "# line 99" not in lines
    assert "sandbox, frontend" in lines[2]


def test_a_runbook_explains_itself() -> None:
    """Commands, questions, conditions and guards, before anything is done."""
    text = explained(BOOK)
    assert " 1. Look: gate check {service}" in text
    assert " 2. Ask: asks team-lead: Well? (only when look is FAILED)" in text
    assert " 3. Repair: gate circuits reset {service} (disruptive: asks first)" in text
