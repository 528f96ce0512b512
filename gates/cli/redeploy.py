"""`gate redeploy`: deploy services again from their recorded images."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import click

from gates.cli.command import CommandContext, acts, named_or_all, print_receipts
from gates.cli.options import services_argument
from gates.errors import UsageError
from gates.model.exit_code import ExitCode


@click.command()
@services_argument
@click.option("--all", "is_all", is_flag=True, help="Every service of the platform, at once.")
@click.option("--from", "source", metavar="REVISION", help="An earlier revision; with exactly one service.")
@acts
def redeploy(
    command: CommandContext, services: tuple[str, ...], source: str | None, *, is_all: bool
) -> ExitCode:
    """Deploy SERVICES again from the recorded image of what serves, or of an earlier revision."""
    names = named_or_all(services, command.context.platform, is_all=is_all)
    if source is not None and len(services) != 1:
        raise UsageError("--from names a revision of one service", next_step="name exactly that service")
    command.confirm(f"redeploy {', '.join(names)}")
    redeployment = command.operations.redeployment
    with command.alone(), ThreadPoolExecutor(max_workers=len(names)) as pool:
        receipts = list(
            pool.map(lambda name: redeployment.redeploy(name, source, is_dry=command.is_dry), names)
        )
    return print_receipts(receipts)
