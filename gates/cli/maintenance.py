"""`gate maintenance on|off|status`: a page of ours instead of the platform, and back."""

from __future__ import annotations

import click

from gates.cli.command import CommandContext, acts, chosen, looks, tell
from gates.model.exit_code import ExitCode
from gates.model.platform import Platform
from gates.operations.maintenance import is_on


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def maintenance() -> None:
    """Answer users with 503 and Retry-After while work is done; without SERVICES, at the public ones."""


@maintenance.command()
@click.argument("services", nargs=-1)
@acts
def on(command: CommandContext, services: tuple[str, ...]) -> ExitCode:
    """Give the traffic of SERVICES to a maintenance revision; what was there is remembered first."""
    names = _public_or(services, command.context.platform)
    command.confirm(f"maintenance on for {', '.join(names)}")
    place, maintenance = command.context.environment.name, command.operations.maintenance
    with command.alone():
        return tell(maintenance.turn_on(name, place, is_dry=command.is_dry) for name in names)


@maintenance.command()
@click.argument("services", nargs=-1)
@acts
def off(command: CommandContext, services: tuple[str, ...]) -> ExitCode:
    """Give the traffic back to what had it before."""
    names = _public_or(services, command.context.platform)
    command.confirm(f"maintenance off for {', '.join(names)}")
    place, maintenance = command.context.environment.name, command.operations.maintenance
    with command.alone():
        return tell(maintenance.turn_off(name, place, is_dry=command.is_dry) for name in names)


@maintenance.command()
@looks
def status(command: CommandContext) -> ExitCode:
    """Show which services are in maintenance."""
    for name in command.context.platform.service_names:
        settings = command.operations.configuration.settings(name)
        click.echo(f"{'MAINTENANCE' if is_on(settings) else 'in service':11}  {name}")
    return ExitCode.GO


def _public_or(services: tuple[str, ...], platform: Platform) -> tuple[str, ...]:
    public = tuple(spec.name for spec in platform.services if spec.is_public)
    return chosen(services or public, platform)
