"""`gate maintenance on|off|status`: a page of ours instead of the platform, and back."""

from __future__ import annotations

import click

from gates.cli.operating import Asked, acts, chosen, looks, tell
from gates.model.exit_code import ExitCode
from gates.model.platform import Platform
from gates.operations.maintenance import is_on


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def maintenance() -> None:
    """Answer users with 503 and Retry-After while work is done; without SERVICES, at the public ones."""


@maintenance.command()
@click.argument("services", nargs=-1)
@acts
def on(asked: Asked, services: tuple[str, ...]) -> ExitCode:
    """Give the traffic of SERVICES to a maintenance revision; what was there is remembered first."""
    names = _public_or(services, asked.house.platform)
    asked.confirm(f"maintenance on for {', '.join(names)}")
    place, maintenance = asked.house.environment.name, asked.room.maintenance
    with asked.alone():
        return tell(maintenance.turn_on(name, place, is_dry=asked.is_dry) for name in names)


@maintenance.command()
@click.argument("services", nargs=-1)
@acts
def off(asked: Asked, services: tuple[str, ...]) -> ExitCode:
    """Give the traffic back to what had it before."""
    names = _public_or(services, asked.house.platform)
    asked.confirm(f"maintenance off for {', '.join(names)}")
    place, maintenance = asked.house.environment.name, asked.room.maintenance
    with asked.alone():
        return tell(maintenance.turn_off(name, place, is_dry=asked.is_dry) for name in names)


@maintenance.command()
@looks
def status(asked: Asked) -> ExitCode:
    """Show which services are in maintenance."""
    for name in asked.house.platform.service_names:
        settings = asked.room.configuration.settings(name)
        click.echo(f"{'MAINTENANCE' if is_on(settings) else 'in service':11}  {name}")
    return ExitCode.GO


def _public_or(services: tuple[str, ...], platform: Platform) -> tuple[str, ...]:
    public = tuple(spec.name for spec in platform.services if spec.is_public)
    return chosen(services or public, platform)
