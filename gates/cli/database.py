"""`gate db`: the state of the database, its maintenance window, its restart."""

from __future__ import annotations

import click

from gates.cli.command import CommandContext, acts, looks, print_receipts
from gates.cli.prompts import confirm_typed, demand_role
from gates.errors import UsageError
from gates.model.database import DAYS
from gates.model.exit_code import ExitCode
from gates.operations.database import emergency_roles

_RUNNABLE = "RUNNABLE"
role_option = click.option(
    "--role", required=True, help="In which role you act: one that the matrix trusts with P0 or P1."
)
typed_option = click.option(
    "--confirm", "typed", metavar="INSTANCE", help="The instance's name, typed by you."
)


def demand_emergency(command: CommandContext, role: str, typed: str | None, what: str) -> None:
    """Let only an emergency role that typed the instance's name go on; what follows is finished.

    Raises:
        UsageError: the role may not do this, or something else was typed.
    """
    demand_role(role, emergency_roles(command.context.platform))
    if not command.is_dry:
        confirm_typed(command.context.environment.database or "", typed, what)
    command.begin()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def db() -> None:
    """Look at the platform's database, move its maintenance window, restart it."""


@db.command()
@looks
def state(command: CommandContext) -> ExitCode:
    """Show how the database is, who may connect, and what protects its data; 1 when it does not run."""
    found = command.operations.sql.state()
    click.echo(f"{found.name}: {found.state}, {found.version}, {found.tier}")
    click.echo(f"maintenance window {found.window}")
    backups = "on" if found.has_backups else "OFF"
    click.echo(f"backups {backups}, point-in-time recovery {'on' if found.has_point_in_time else 'OFF'}")
    networks = ", ".join(found.authorized_networks) or "none"
    click.echo(f"networks let in from outside: {networks}; connections: {found.max_connections or 'default'}")
    return ExitCode.GO if found.state == _RUNNABLE else ExitCode.NO_GO


@db.command(name="maintenance-window")
@click.option("--day", type=click.Choice(DAYS, case_sensitive=False), help="Move the window to this day.")
@click.option("--hour", type=click.IntRange(0, 23), help="Hour in UTC.")
@acts
def maintenance_window(command: CommandContext, day: str | None, hour: int | None) -> ExitCode:
    """Show the maintenance window, or move it with --day and --hour."""
    if (day is None) is not (hour is None):
        raise UsageError("a window has a day and an hour", next_step="say --day SUN --hour 2")
    if day is None or hour is None:
        click.echo(command.operations.sql.state().window)
        return ExitCode.GO
    command.confirm(f"move the maintenance window to {day} {hour:02}:00 UTC")
    return print_receipts([command.operations.database.set_window(day.upper(), hour, is_dry=command.is_dry)])


@db.command()
@role_option
@typed_option
@acts
def restart(command: CommandContext, role: str, typed: str | None) -> ExitCode:
    """Restart the database: an outage for everybody. Nothing ever does this by itself."""
    place = command.context.environment
    demand_emergency(command, role, typed, f"restart {place.database or ''}, an outage of {place.name}")
    return print_receipts([command.operations.database.restart(is_dry=command.is_dry)])
