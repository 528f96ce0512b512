"""`gate check [SERVICE…]`: what each service says of itself, now."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click

from gates.cli.command import CommandContext, chosen, looks
from gates.cli.reports import Report, reporting
from gates.model.exit_code import ExitCode
from gates.model.health import ServiceHealth
from gates.reporting.layout import Line, Row, short_revision


@click.command()
@click.argument("services", nargs=-1)
@looks
@reporting
def check(command: CommandContext, services: tuple[str, ...]) -> Report:
    """Ask SERVICES, or all, whether they live, are ready, what they run, and how their circuits are.

    Leaves with 0 when all is well, 1 when anything is not, and 10 when nothing is known to be wrong but
    circuits could not be asked for.
    """
    names = chosen(services, command.context.platform)
    health = command.operations.services.health
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        found = list(pool.map(health, names))
    return Report(
        code=_code(found),
        lines=[*_lines(command, found), *_endings(found)],
        document={
            "environment": command.context.environment.name,
            "services": [_entry(one) for one in found],
        },
    )


def _code(found: Sequence[ServiceHealth]) -> ExitCode:
    if not all(one.is_unhurt for one in found):
        return ExitCode.NO_GO
    return ExitCode.GO if all(one.is_well for one in found) else ExitCode.INCONCLUSIVE


def _lines(command: CommandContext, found: Sequence[ServiceHealth]) -> list[Line]:
    width = max(len(one.service) for one in found)
    return [
        Row(
            f"{_state(one):4} {one.service:{width}}  ",
            _said(one, command.context.environment.cloud_run_name(one.service)),
        )
        for one in found
    ]


def _endings(found: Sequence[ServiceHealth]) -> list[Line]:
    well = sum(one.is_well for one in found)
    reasons = dict.fromkeys(one.unasked for one in found if one.unasked)
    return [
        *(f"circuits not asked for: {why}" for why in reasons),
        f"{well} of {len(found)} services are well",
    ]


def _state(health: ServiceHealth) -> str:
    if health.is_well:
        return "ok"
    return "????" if health.is_unhurt else "BAD"


def _said(health: ServiceHealth, cloud_name: str) -> str:
    closed = sum(circuit.is_closed for circuit in health.circuits)
    circuits = f"{closed}/{len(health.circuits)} circuits closed"
    runs = f"{short_revision(health.revision, cloud_name) or '-'} {health.version}".rstrip()
    parts = (runs, "circuits unknown" if health.unasked else circuits, health.trouble)
    return ", ".join(filter(None, parts))


def _entry(health: ServiceHealth) -> dict[str, Any]:
    return {
        "service": health.service,
        "is_well": health.is_well,
        "is_alive": health.is_alive,
        "is_ready": health.is_ready,
        "revision": health.revision,
        "version": health.version,
        "trouble": health.trouble,
        "circuits_unknown_because": health.unasked,
        "circuits": [
            {
                "to": one.name,
                "state": one.state,
                "failures": one.failures,
                "opened": one.opened,
            }
            for one in health.circuits
        ],
    }
