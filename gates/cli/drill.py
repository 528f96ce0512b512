"""`gate drill`: rehearsed recoveries with a stopwatch, against each tier's objectives."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gates.cli.command import CommandContext, acts, chosen, looks
from gates.errors import UsageError
from gates.model.criterion import PLATFORM
from gates.model.drill import DrillRecord
from gates.model.exit_code import ExitCode
from gates.model.platform import Impact, Platform, Tier

_SHOWN = 20


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def drill() -> None:
    """Rehearse a recovery, measure it, and record it; users notice it."""


@drill.command()
@acts
def restore(command: CommandContext) -> ExitCode:
    """Bring the database back from a backup; what is written in those seconds is lost."""
    if _is_only_shown(command, "back up, mark, restore and look for the marks"):
        return ExitCode.GO
    with command.alone():
        return _tell(command, [command.operations.drills().restore(command.context.platform.witnesses)])


@drill.command()
@click.argument("service")
@acts
def redeploy(command: CommandContext, service: str) -> ExitCode:
    """Deploy SERVICE again from its recorded image."""
    chosen((service,), command.context.platform)
    if _is_only_shown(command, f"give the traffic of {service} to a copy of the revision that serves"):
        return ExitCode.GO
    with command.alone():
        return _tell(command, [command.operations.drills().redeploy(service)])


@drill.command(name="redeploy-all")
@acts
def redeploy_all(command: CommandContext) -> ExitCode:
    """Deploy every service again from its recorded image, all at once."""
    if _is_only_shown(command, "give all traffic to copies of the revisions that serve"):
        return ExitCode.GO
    with command.alone():
        return _tell(command, command.operations.drills().redeploy_all())


@drill.command()
@click.argument("service")
@click.option("--from", "source", metavar="REVISION", help="Default: what a rollback would choose.")
@acts
def partial(command: CommandContext, service: str, source: str | None) -> ExitCode:
    """Deploy SERVICE from an earlier revision's image, look at its health, and go back."""
    chosen((service,), command.context.platform)
    earlier = source or command.operations.planner.target(service)
    if _is_only_shown(command, f"deploy {service} from the image of {earlier}, then from today's again"):
        return ExitCode.GO
    with command.alone():
        return _tell(command, [command.operations.drills().partial(service, earlier)])


@drill.command()
@click.argument("service")
@acts
def rollback(command: CommandContext, service: str) -> ExitCode:
    """Send the traffic of SERVICE to the revision that a rollback would choose, and back."""
    chosen((service,), command.context.platform)
    target = command.operations.planner.target(service)
    if _is_only_shown(command, f"send the traffic of {service} to {target}, and back"):
        return ExitCode.GO
    with command.alone():
        return _tell(command, [command.operations.drills().rollback(service, target)])


@drill.command(name="all")
@acts
def every(command: CommandContext) -> ExitCode:
    """Restore, redeploy everything, then rehearse the rollback of every service: what readiness asks for."""
    if _is_only_shown(command, "restore the database, redeploy all services, roll each back and forth"):
        return ExitCode.GO
    with command.alone():
        records = [
            command.operations.drills().restore(command.context.platform.witnesses),
            *command.operations.drills().redeploy_all(),
        ]
        drills = command.operations.drills()  # of the revisions that serve from now on
        names = command.context.platform.service_names
        records += [drills.rollback(name, command.operations.planner.target(name)) for name in names]
    return _tell(command, records)


@drill.command()
@looks
def report(command: CommandContext) -> ExitCode:
    """Show the recorded drills, the newest first."""
    found = command.context.ledger.drills(command.context.environment.name)[:_SHOWN]
    for one in found:
        click.echo(f"{one.at:%Y-%m-%d %H:%M}  {_line(one, command.context.platform)}")
    if not found:
        click.echo("no drill on record")
    return ExitCode.GO if found else ExitCode.NOTHING_EVALUATED


def _is_only_shown(command: CommandContext, what: str) -> bool:
    """Whether it is a dry run; otherwise everything that is needed for the drill is there.

    Raises:
        UsageError: the environment allows nothing disruptive, or nobody said yes.
    """
    environment = command.context.environment
    if Impact.DISRUPTIVE not in environment.allowed_impacts:
        raise UsageError(
            f"{environment.name} allows no disruptive checks, and a drill is one",
            next_step="drill in an environment whose allowedImpacts has disruptive",
        )
    if command.is_dry:
        click.echo(f"would {what}")
        return True
    command.confirm(what)
    return False


def _tell(command: CommandContext, records: Sequence[DrillRecord]) -> ExitCode:
    for record in records:
        click.echo(_line(record, command.context.platform))
    is_kept = all(record.passed and not _missed(record, command.context.platform) for record in records)
    return ExitCode.GO if records and is_kept else ExitCode.NO_GO


def _line(record: DrillRecord, platform: Platform) -> str:
    missed = ", ".join(_missed(record, platform))
    state = "FAILED" if not record.passed else "MISSED" if missed else "kept"
    return (
        f"{state:6}  {record.kind} {record.subject}: RTO {record.rto_s:.2f} s, RPO {record.rpo_s:.0f} s"
        f"{f' (missed: {missed})' if missed else ''}  {record.detail}"
    )


def _missed(record: DrillRecord, platform: Platform) -> list[str]:
    """Return the tiers whose objectives the measured figures miss."""
    return [
        tier.name
        for tier in _tiers(record, platform)
        if record.rto_s > tier.rto.total_seconds() or record.rpo_s > tier.rpo.total_seconds()
    ]


def _tiers(record: DrillRecord, platform: Platform) -> tuple[Tier, ...]:
    if record.subject == PLATFORM:
        return platform.tiers
    spec = platform.service(record.subject)
    return tuple(tier for tier in platform.tiers if spec is not None and tier.name == spec.tier)
