"""`gate synthetic [JOURNEY…] | --all`: run user journeys now and record the results."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gates import composition
from gates.cli.adhoc_checks import ENDING, spot
from gates.cli.options import deadline_option, format_option, in_context
from gates.composition import actor
from gates.errors import CloudError, ConfigurationError
from gates.evidence.journeys import journey_of, receipt_of, results
from gates.model.exit_code import ExitCode
from gates.model.journey import JourneyResult
from gates.model.likeness import refuse_unknown
from gates.reporting.journeys import journey_document, journey_lines
from gates.reporting.report import ReportFile

CATEGORY = "journeys"


@click.command()
@click.argument("journeys", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every journey of the catalogue.")
@deadline_option("5m")
@in_context
@format_option
def synthetic(
    context: composition.Context,
    journeys: tuple[str, ...],
    deadline: float,
    output: str | None,
    *,
    is_all: bool,
) -> ExitCode:
    """Take user JOURNEYS now; without any, list them.

    Each result goes to Cloud Logging (log release-gate-synthetic), to the ledger and to the run's folder.
    Leaves with 0 when all passed, 1 when one failed, 10 when one could not be taken, 12 when all of them
    passed and the log could not be written.
    """
    output = output or "plain"
    known = {journey_of(criterion): criterion for criterion in context.catalogue.within(CATEGORY)}
    if not journeys and not is_all:
        click.echo("\n".join(f"{name:32} {known[name].statement}" for name in known))
        return ExitCode.GO
    refuse_unknown("journey", journeys, known)
    criteria = [known[name] for name in dict.fromkeys(journeys)] or list(known.values())
    seen = spot(context, criteria, name="synthetic", seconds=deadline, output=output)
    found = results(seen.check.judgements, seen.folder.read_producers())
    text = journey_document(found)
    seen.folder.write_reports([ReportFile(name="synthetic.json", content=text)])
    click.echo(text.rstrip() if output == "json" else "\n".join(journey_lines(found)))
    for result in found:
        context.ledger.record_operation(receipt_of(result, context.environment.name, actor()))
    code, is_written = ENDING[seen.check.outcome], _is_written(context, [r for r in found if r.was_seen])
    return ExitCode.ACTION_FAILED if code is ExitCode.GO and not is_written else code


def _is_written(context: composition.Context, taken: Sequence[JourneyResult]) -> bool:
    """Write the results to Cloud Logging; return False, with a message, if that fails."""
    try:
        if taken:
            context.journey_log.write(taken)
    except (CloudError, ConfigurationError) as error:
        click.echo(f"gate: the journeys ran, and the log does not know: {error.diagnostics()}", err=True)
        return False
    return True
