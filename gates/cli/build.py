"""`gate build rollback`: an infrastructure rollback, carried out by Cloud Build."""

from __future__ import annotations

import click

from gates.cli.lifting import lifted, override_option
from gates.cli.operating import Asked, acts, chosen, tell
from gates.errors import UsageError
from gates.model.exit_code import ExitCode


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def build() -> None:
    """Let a build in the cloud do it, with the build account's rights."""


@build.command()
@click.argument("services", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every service of the platform.")
@override_option
@acts
def rollback(
    asked: Asked, services: tuple[str, ...], *, is_all: bool, overrides: tuple[str, ...]
) -> ExitCode:
    """Send the traffic of SERVICES back through one build, and prove it by their own answers."""
    if is_all == bool(services):
        raise UsageError("name the services, or say --all")
    names = chosen(services, asked.house.platform)
    words = lifted(overrides)
    plan = asked.room.rollback_plan(names, words, is_dry=asked.is_dry)
    for service, why in plan.impossible:
        click.echo(f"  -  {service}: IMPOSSIBLE: {why}")
    asked.confirm(f"roll {', '.join(names)} back through a build")
    with asked.alone():
        ended = tell([asked.room.build_rollback.roll_back(plan, is_dry=asked.is_dry)])
    return max(ended, ExitCode.ACTION_FAILED if plan.impossible else ExitCode.GO)
