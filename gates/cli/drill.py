"""`gate drill`: rehearsed recoveries with a stopwatch, against each tier's objectives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from gates.cli.command import CommandContext, acts, looks
from gates.cli.options import Revision, service_argument
from gates.errors import UsageError
from gates.model.drill import DrillRecord, missed_objectives
from gates.model.exit_code import ExitCode
from gates.model.platform import Impact
from gates.reporting.drill import drill_line
from gates.workflows.drills import Drills, drill_everything

_SHOWN = 20


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def drill() -> None:
    """Rehearse a recovery, measure it, and record it; users notice it."""


@drill.command()
@acts
def restore(command: CommandContext) -> ExitCode:
    """Bring the database back from a backup; what is written in those seconds is lost."""
    witnesses = command.context.platform.witnesses
    what = "back up, mark, restore and look for the marks"
    return _drilled(command, what, lambda drills: [drills().restore(witnesses)])


@drill.command()
@acts
@service_argument
def redeploy(command: CommandContext, service: str) -> ExitCode:
    """Deploy SERVICE again from its recorded image."""
    what = f"give the traffic of {service} to a copy of the revision that serves"
    return _drilled(command, what, lambda drills: [drills().redeploy(service)])


@drill.command(name="redeploy-all")
@acts
def redeploy_all(command: CommandContext) -> ExitCode:
    """Deploy every service again from its recorded image, all at once."""
    what = "give all traffic to copies of the revisions that serve"
    return _drilled(command, what, lambda drills: drills().redeploy_all())


@drill.command()
@acts
@service_argument
@click.option("--from", "source", type=Revision(), help="Default: what a rollback would choose.")
def partial(command: CommandContext, service: str, source: str | None) -> ExitCode:
    """Deploy SERVICE from an earlier revision's image, look at its health, and go back."""
    earlier = source or command.operations.planner.target(service)
    what = f"deploy {service} from the image of {earlier}, then from today's again"
    return _drilled(command, what, lambda drills: [drills().partial(service, earlier)])


@drill.command()
@acts
@service_argument
def rollback(command: CommandContext, service: str) -> ExitCode:
    """Send the traffic of SERVICE to the revision that a rollback would choose, and back."""
    target = command.operations.planner.target(service)
    what = f"send the traffic of {service} to {target}, and back"
    return _drilled(command, what, lambda drills: [drills().rollback(service, target)])


@drill.command(name="all")
@acts
def every(command: CommandContext) -> ExitCode:
    """Restore, redeploy everything, then rehearse the rollback of every service: what readiness asks for."""
    operations, platform = command.operations, command.context.platform
    names, target = platform.service_names, operations.planner.target
    return _drilled(
        command,
        "restore the database, redeploy all services, roll each back and forth",
        lambda drills: drill_everything(drills, platform.witnesses, names, target),
    )


@drill.command()
@looks
def report(command: CommandContext) -> ExitCode:
    """Show the recorded drills, the newest first."""
    found = command.context.ledger.drills(command.context.environment.name)[:_SHOWN]
    for one in found:
        click.echo(f"{one.at:%Y-%m-%d %H:%M}  {drill_line(one, command.context.platform)}")
    if not found:
        click.echo("no drill on record")
    return ExitCode.GO if found else ExitCode.NOTHING_EVALUATED


def _drilled(
    command: CommandContext, what: str, take: Callable[[Callable[[], Drills]], Sequence[DrillRecord]]
) -> ExitCode:
    """Show what would be done, or ask, do it alone, and print what each drill measured.

    Raises:
        UsageError: the environment allows nothing disruptive, or the answer is missing.
    """
    environment, platform = command.context.environment, command.context.platform
    if Impact.DISRUPTIVE not in environment.allowed_impacts:
        raise UsageError(
            f"{environment.name} allows no disruptive checks, and a drill is one",
            next_step="drill in an environment whose allowedImpacts has disruptive",
        )
    if command.is_dry:
        click.echo(f"would {what}")
        return ExitCode.GO
    command.confirm(what)
    with command.alone():
        records = take(command.operations.drills)
    for record in records:
        click.echo(drill_line(record, platform))
    is_kept = all(record.passed and not missed_objectives(record, platform) for record in records)
    return ExitCode.GO if records and is_kept else ExitCode.NO_GO
