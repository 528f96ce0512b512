"""`gate synthetic [JOURNEY…] | --all`: user journeys, as a scheduler runs them against a living platform."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from gates import composition
from gates.cli.adhoc_checks import Look, spot
from gates.cli.command import actor
from gates.cli.options import environment_option, format_option
from gates.cli.run import duration
from gates.errors import CloudError, ConfigurationError
from gates.evidence.journeys import journey_of, results
from gates.model.criterion import Criterion
from gates.model.exit_code import ExitCode
from gates.model.journey import JourneyResult
from gates.model.judgement import Outcome
from gates.model.likeness import refuse_unknown
from gates.model.operation import OperationReceipt, OperationState
from gates.reporting.redaction import clean
from gates.reporting.report import ReportFile

CATEGORY = "journeys"
_MARKS = {
    Outcome.PASS: "passed",
    Outcome.FAIL: "FAILED",
    Outcome.INCONCLUSIVE: "not run",
    Outcome.ERROR: "broken",
}


@click.command()
@click.argument("journeys", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every journey of the catalogue.")
@click.option("--deadline", default="5m", show_default=True, help="Longest time to look: 90s, 15m, 1h.")
@environment_option
@format_option
def synthetic(
    env: str, journeys: tuple[str, ...], deadline: str, output: str | None, *, is_all: bool
) -> ExitCode:
    """Take user JOURNEYS now; without any, list them.

    Each result goes to Cloud Logging (log release-gate-synthetic), to the ledger and to the run's folder.
    Leaves with 0 when all passed, 1 when one failed, 10 when one could not be taken, 12 when all of them
    passed and the log could not be written.
    """
    context = composition.Context(env)
    known = {journey_of(c): c for c in context.catalogue.criteria if c.category == CATEGORY}
    if not journeys and not is_all:
        click.echo("\n".join(f"{name:32} {known[name].statement}" for name in known))
        return ExitCode.GO
    criteria = _chosen(journeys, known)
    output = output or "plain"
    seen = spot(context, criteria, word="synthetic", seconds=duration(deadline), how=Look(output=output))
    found = results(seen.check.judgements, seen.folder.read_producers())
    text = _document(found)
    seen.folder.write_reports([ReportFile(name="synthetic.json", content=text)])
    click.echo(text.rstrip() if output == "json" else "\n".join(_lines(found)))
    for result in found:
        context.ledger.record_operation(_receipt(result, env))
    is_written = _is_written(context, [result for result in found if result.was_seen])
    return ExitCode.ACTION_FAILED if seen.code is ExitCode.GO and not is_written else seen.code


def _chosen(names: Sequence[str], known: dict[str, Criterion]) -> list[Criterion]:
    refuse_unknown("journey", names, known)
    return [known[name] for name in dict.fromkeys(names)] or list(known.values())


def _is_written(context: composition.Context, taken: Sequence[JourneyResult]) -> bool:
    """Write the log; that it cannot be written says nothing about the journeys, and is said."""
    try:
        if taken:
            context.journey_log.write(taken)
    except (CloudError, ConfigurationError) as error:
        click.echo(f"gate: the journeys ran, and the log does not know: {error.diagnostics()}", err=True)
        return False
    return True


def _lines(found: Sequence[JourneyResult]) -> list[str]:
    lines = []
    for result in found:
        blamed = f"  blames {', '.join(result.blames)}" if result.blames else ""
        lines.append(f"{_MARKS[result.outcome]:8} {result.seconds:7.2f} s  {result.journey}{blamed}")
        lines += [f"         {step.seconds:7.2f} s    {step.name}" for step in result.steps]
        lines += [] if result.outcome is Outcome.PASS else [f"           {result.reason}"]
    return [clean(line) for line in lines]


def _document(found: Sequence[JourneyResult]) -> str:
    entries = [
        {
            "journey": result.journey,
            "criterion": result.criterion,
            "outcome": result.outcome,
            "reason": result.reason,
            "seconds": round(result.seconds, 3),
            "at": result.at.isoformat(),
            "blames": list(result.blames),
            "steps": [{"name": step.name, "seconds": round(step.seconds, 3)} for step in result.steps],
        }
        for result in found
    ]
    return json.dumps(entries, indent=1) + "\n"


def _receipt(result: JourneyResult, env: str) -> OperationReceipt:
    return OperationReceipt(
        action="synthetic",
        subject=result.journey,
        environment=env,
        state=OperationState.DONE if result.outcome is Outcome.PASS else OperationState.FAILED,
        before="",
        after=_MARKS[result.outcome],
        detail=f"{result.seconds:.2f} s; {result.reason}",
        by=actor(),
        at=result.at,
    )
