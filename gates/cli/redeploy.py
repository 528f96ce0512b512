"""`gate redeploy`: services from their recorded images, one or all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import click

from gates.cli.operating import Asked, acts, chosen, tell
from gates.errors import UsageError
from gates.model.exit_code import ExitCode


@click.command()
@click.argument("services", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every service of the platform, at once.")
@click.option("--from", "source", metavar="REVISION", help="An earlier revision; with exactly one service.")
@acts
def redeploy(asked: Asked, services: tuple[str, ...], source: str | None, *, is_all: bool) -> ExitCode:
    """Deploy SERVICES again from the recorded image of what serves, or of an earlier revision."""
    if is_all == bool(services):
        raise UsageError("name the services, or say --all")
    if source is not None and len(services) != 1:
        raise UsageError("--from names a revision of one service", next_step="name exactly that service")
    names = chosen(services, asked.house.platform)
    asked.confirm(f"redeploy {', '.join(names)}")
    redeployment = asked.room.redeployment
    with asked.alone(), ThreadPoolExecutor(max_workers=len(names)) as pool:
        receipts = list(
            pool.map(lambda name: redeployment.redeploy(name, source, is_dry=asked.is_dry), names)
        )
    return tell(receipts)
