"""`gate sla --window 24h`: what each service kept of its levels, as Monitoring saw it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from gates.cli.operating import Asked, looks
from gates.errors import ConfigurationError, UsageError
from gates.model.criterion import Criterion
from gates.model.evidence import Window
from gates.model.exit_code import ExitCode
from gates.operations.service_levels import Level

_WINDOW = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_ERRORS, _LATENCY = "SLI-ERRORS", "SLI-LATENCY"


@click.command()
@click.option("--window", default="24h", show_default=True, help="How far back: 30m, 24h, 7d.")
@looks
def sla(asked: Asked, window: str) -> ExitCode:
    """Report requests, availability, errors and p95 of every service, against the catalogue's thresholds.

    Leaves with 1 when a level was missed, and with 10 when a service had too few requests to say.
    """
    match = _WINDOW.fullmatch(window)
    if match is None:
        raise UsageError(f"{window} is no window", next_step="write 30m, 24h or 7d")
    now = datetime.now(UTC)
    span = Window(start=now - timedelta(**{_UNITS[match[2]]: int(match[1])}), end=now)
    errors, latency = _criterion(asked, _ERRORS), _criterion(asked, _LATENCY)
    levels = set()
    click.echo(
        f"service levels of {asked.house.environment.name}, {span.start:%Y-%m-%d %H:%M} to {now:%H:%M} UTC"
    )
    for name in asked.house.platform.service_names:
        level, words = asked.room.service_levels(name, span).judged(errors, latency)
        levels.add(level)
        click.echo(f"{level:6}  {name}: {words}")
    if Level.MISSED in levels:
        return ExitCode.NO_GO
    return ExitCode.INCONCLUSIVE if Level.UNKNOWN in levels or not levels else ExitCode.GO


def _criterion(asked: Asked, name: str) -> Criterion:
    found = asked.house.catalogue.find(name)
    if found is None:
        raise ConfigurationError(f"the catalogue has no {name}", next_step="add it to service-levels.yaml")
    return found
