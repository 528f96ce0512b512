"""`gate sla --window 24h`: compare each service's levels in Monitoring with the thresholds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click

from gates.cli.command import CommandContext, looks
from gates.cli.options import Duration
from gates.cli.reports import Report, reporting
from gates.model.criterion import Use
from gates.model.evidence import Window
from gates.model.exit_code import ExitCode
from gates.operations.service_levels import Level
from gates.reporting.layout import Row


@click.command()
@click.option(
    "--window", type=Duration(), default="24h", show_default=True, help="How far back: 30m, 24h, 7d."
)
@looks
@reporting
def sla(command: CommandContext, window: float) -> Report:
    """Report requests, availability, errors and p95 of every service, against the catalogue's thresholds.

    Leaves with 1 when a level was missed, and with 10 when a service had too few requests to say.
    """
    now = datetime.now(UTC)
    span = Window(start=now - timedelta(seconds=window), end=now)
    catalogue = command.context.catalogue
    errors, latency = catalogue.needed_for(Use.ERROR_LEVEL), catalogue.needed_for(Use.LATENCY_LEVEL)
    names, place = command.context.platform.service_names, command.context.environment.name
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        found = list(pool.map(lambda name: command.operations.metrics.service_levels(name, span), names))
    judged = [(one, *one.judged(errors, latency)) for one in found]
    title = f"service levels of {place}, {span.start:%Y-%m-%d %H:%M} to {now:%H:%M} UTC"
    return Report(
        code=_code({level for _, level, _ in judged}),
        lines=[title, *(Row(f"{level:6}  {one.service}: ", words) for one, level, words in judged)],
        document={
            "start": span.start.isoformat(),
            "end": now.isoformat(),
            "services": [{**asdict(one), "level": level, "reason": words} for one, level, words in judged],
        },
    )


def _code(levels: set[Level]) -> ExitCode:
    if Level.MISSED in levels:
        return ExitCode.NO_GO
    return ExitCode.INCONCLUSIVE if Level.UNKNOWN in levels or not levels else ExitCode.GO
