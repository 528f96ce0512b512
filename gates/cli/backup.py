"""`gate backup` and `gate restore`: take, list and restore backups; compare their age with the objectives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from gates.cli.command import CommandContext, acts, looks, print_receipts
from gates.cli.database import demand_emergency, role_option, typed_option
from gates.cli.reports import Report, reporting
from gates.model.exit_code import ExitCode
from gates.operations.database import freshness as freshness_of


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def backup() -> None:
    """Take and list backups of the database; say how much would be lost now."""


@backup.command()
@acts
def create(command: CommandContext) -> ExitCode:
    """Take a backup now and wait until it is complete."""
    command.confirm("take a backup")
    return print_receipts([command.operations.database.back_up(is_dry=command.is_dry)])


@backup.command(name="list")
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True)
@looks
@reporting
def list_backups(command: CommandContext, limit: int) -> Report:
    """List the newest backups; 1 when there is none."""
    found, now = command.operations.sql.backups()[:limit], datetime.now(UTC)
    return Report(
        code=ExitCode.GO if found else ExitCode.NO_GO,
        lines=[
            f"{one.id}  {one.status:10}  {one.kind:9}  {one.started_at:%Y-%m-%d %H:%M:%S}"
            f"  {_words(one.age(now))} old"
            for one in found
        ],
        document={
            "backups": [
                {
                    "id": one.id,
                    "status": one.status,
                    "kind": one.kind,
                    "started_at": one.started_at.isoformat(),
                    "age": one.age(now).total_seconds(),
                }
                for one in found
            ],
        },
        empty="there is no backup: gate backup create",
    )


@backup.command()
@looks
def freshness(command: CommandContext) -> ExitCode:
    """Compare the age of the newest backup with each tier's objective; 1 when one is missed."""
    sql = command.operations.sql
    lost, rests_on = freshness_of(sql.state(), sql.backups(), datetime.now(UTC))
    click.echo(f"would be lost now: {_words(lost) if lost is not None else 'everything'}: {rests_on}")
    missed = False
    for tier in command.context.platform.tiers:
        is_kept = lost is not None and lost <= tier.rpo
        missed |= not is_kept
        click.echo(f"{'ok  ' if is_kept else 'MISS'}  {tier.name}: at most {_words(tier.rpo)}")
    return ExitCode.NO_GO if missed or lost is None else ExitCode.GO


@click.command()
@click.argument("number", metavar="BACKUP")
@role_option
@typed_option
@acts
def restore(command: CommandContext, number: str, role: str, typed: str | None) -> ExitCode:
    """Replace the database's content by BACKUP's: everything written since is lost, for everybody."""
    name = command.context.environment.database or ""
    demand_emergency(command, role, typed, f"restore {name} from backup {number}, newer data will be lost")
    return print_receipts([command.operations.database.restore(number, is_dry=command.is_dry)])


def _words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s"
