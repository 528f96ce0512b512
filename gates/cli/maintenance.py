"""`gate maintenance on|off|status`: turn the maintenance page on and off."""

from __future__ import annotations

from collections.abc import Callable

import click

from gates.cli.command import CommandContext, acts, looks, print_receipts
from gates.cli.options import services_argument
from gates.model.exit_code import ExitCode
from gates.model.operation import OperationReceipt


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def maintenance() -> None:
    """Answer users with 503 and Retry-After while work is done; without SERVICES, at the public ones."""


@maintenance.command()
@services_argument
@acts
def on(command: CommandContext, services: tuple[str, ...]) -> ExitCode:
    """Give the traffic of SERVICES to a maintenance revision; what was there is remembered first."""
    return _switch(command, "on", services, command.operations.maintenance.turn_on)


@maintenance.command()
@services_argument
@acts
def off(command: CommandContext, services: tuple[str, ...]) -> ExitCode:
    """Give the traffic back to what had it before."""
    return _switch(command, "off", services, command.operations.maintenance.turn_off)


@maintenance.command()
@looks
def status(command: CommandContext) -> ExitCode:
    """Show which services are in maintenance."""
    for name in command.context.platform.service_names:
        is_on = command.context.cloud.describe(name).traffic.is_in_maintenance
        click.echo(f"{'MAINTENANCE' if is_on else 'in service':11}  {name}")
    return ExitCode.GO


def _switch(
    command: CommandContext, mode: str, services: tuple[str, ...], turn: Callable[..., OperationReceipt]
) -> ExitCode:
    names = services or command.context.platform.public_names
    command.confirm(f"maintenance {mode} for {', '.join(names)}")
    with command.alone():
        place = command.context.environment.name
        return print_receipts(turn(name, place, is_dry=command.is_dry) for name in names)
