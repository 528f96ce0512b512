"""The report of a runbook's run as Markdown, and the steps of a runbook as text."""

from __future__ import annotations

from collections.abc import Iterator

from gates.model.exit_code import ExitCode
from gates.model.runbook import Runbook, RunbookReport, RunbookStep, StepResult

_WORDS = {
    ExitCode.GO: "done",
    ExitCode.NO_GO: "a step failed",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.INCONCLUSIVE: "steps are pending",
    ExitCode.NOTHING_EVALUATED: "no step was done",
}
_LONGEST_OUTPUT = 60
"""Lines of a command's output that a report keeps: its last ones."""


def markdown(report: RunbookReport, ended: ExitCode) -> str:
    """Return the report of one run."""
    about = f"{report.environment}{f', {report.service}' if report.service else ''}"
    lines = [
        f"# Runbook {report.runbook.name}: {_WORDS[ended]}",
        "",
        f"{report.runbook.title}. {about}, {report.began_at:%Y-%m-%d %H:%M:%S} UTC, by {report.by}.",
        "",
        "| step | state | at | by | what |",
        "|---|---|---|---|---|",
    ]
    lines += [_row(result) for result in report.results]
    for result in report.results:
        if result.output:
            lines += ["", f"## {result.step.id}", "", *_quoted(result.output)]
    return "\n".join([*lines, ""])


def explained(runbook: Runbook) -> str:
    """Return what the runbook is for and its steps, one a line."""
    lines = [f"{runbook.name}: {runbook.title}", f"when: {runbook.when}"]
    return "\n".join([*lines, *(_line(number, step) for number, step in enumerate(runbook.steps, start=1))])


def _line(number: int, step: RunbookStep) -> str:
    does = f"gate {' '.join(step.command)}" if step.command else f"asks {step.role}: {step.question}"
    condition = f" (only when {step.after} is {step.after_state})" if step.after else ""
    guard = " (disruptive: asks first)" if step.is_guarded else ""
    return f"{number:2}. {step.title}: {does}{condition}{guard}"


def _row(result: StepResult) -> str:
    what = result.note or (f"`gate {' '.join(result.command)}`" if result.command else "")
    cells = (result.step.title, str(result.state), f"{result.at:%H:%M:%S}", result.by, what)
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _quoted(output: str) -> Iterator[str]:
    """Yield the last lines as an indented block, so that no text in them ends it."""
    lines = output.splitlines()
    if len(lines) > _LONGEST_OUTPUT:
        yield f"    ({len(lines) - _LONGEST_OUTPUT} lines before these)"
    for line in lines[-_LONGEST_OUTPUT:]:
        yield f"    {line}"
