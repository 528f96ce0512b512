"""`gate check [SERVICE…]`: what each service says of itself, now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import click

from gates.cli.command import CommandContext, looks
from gates.cli.options import services_argument
from gates.cli.reports import Report, reporting
from gates.model.exit_code import ExitCode
from gates.reporting.health import health_document, health_lines


@click.command()
@services_argument
@looks
@reporting
def check(command: CommandContext, services: tuple[str, ...]) -> Report:
    """Ask SERVICES, or all, whether they live, are ready, what they run, and how their circuits are.

    Leaves with 0 when all is well, 1 when anything is not, and 10 when nothing is known to be wrong but
    circuits could not be asked for.
    """
    names = services or command.context.platform.service_names
    with ThreadPoolExecutor(max_workers=max(1, len(names))) as pool:
        found = list(pool.map(command.operations.services.health, names))
    code = ExitCode.GO if all(one.is_well for one in found) else ExitCode.INCONCLUSIVE
    return Report(
        code=code if all(one.is_unhurt for one in found) else ExitCode.NO_GO,
        lines=health_lines(found, command.context.environment),
        document=health_document(found),
    )
