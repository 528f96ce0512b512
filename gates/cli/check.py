"""`gate check [SERVICE…]`: what each service says of itself, now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import click

from gates.cli.operating import Asked, chosen, looks
from gates.model.exit_code import ExitCode
from gates.model.health import ServiceHealth


@click.command()
@click.argument("services", nargs=-1)
@looks
def check(asked: Asked, services: tuple[str, ...]) -> ExitCode:
    """Ask SERVICES, or all, whether they live, are ready, what they run, and how their circuits are.

    Leaves with 0 when all is well and 1 when anything is not.
    """
    names = chosen(services, asked.house.platform)
    room = asked.room
    first = room.services.health(names[0])  # signs in once, for all
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        found = [first, *pool.map(room.services.health, names[1:])]
    for one in found:
        click.echo(_line(one, max(map(len, names))))
    bad = [one.service for one in found if not one.is_well]
    click.echo(f"{len(found) - len(bad)} of {len(found)} services are well")
    return ExitCode.NO_GO if bad else ExitCode.GO


def _line(health: ServiceHealth, width: int) -> str:
    state = "ok" if health.is_well else "BAD"
    closed = sum(circuit.is_closed for circuit in health.circuits)
    shown = f"{health.revision or '-'} {health.version}, {closed}/{len(health.circuits)} circuits closed"
    return f"{state:3}  {health.service:{width}}  {shown}{'  ' + health.trouble if health.trouble else ''}"
