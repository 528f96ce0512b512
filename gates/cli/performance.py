"""`gate coldstart` and `gate autoscaling`: measure cold starts; compare instance bounds with demand."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import click

from gates.cli.command import CommandContext, acts, looks, print_receipts
from gates.cli.options import Revision, service_argument
from gates.cli.reports import Report, reporting
from gates.model.exit_code import ExitCode
from gates.operations.autoscaling import ScalingReport, scaling_reports
from gates.reporting.layout import Line, Row


@click.command()
@service_argument
@click.option(
    "--revision", type=Revision(), help="Which revision; default: the one that a rollback would choose."
)
@acts
def coldstart(command: CommandContext, service: str, revision: str | None) -> ExitCode:
    """Measure the cold start of a revision of SERVICE that has no traffic, behind a tag of its own."""
    target = revision or command.operations.planner.target(service)
    command.confirm(f"tag {target} of {service} for a moment")
    with command.alone():
        return print_receipts([command.operations.cold_start.measure(service, target, is_dry=command.is_dry)])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def autoscaling() -> None:
    """Compare the bounds of every service with the instances that it needed."""


@autoscaling.command()
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="How far back.")
@looks
@reporting
def report(command: CommandContext, hours: int) -> Report:
    """Show bounds, the highest number of instances, and what would fit better.

    Leaves with 1 when anything would, and with 10 when a service has no data.
    """
    found = scaling_reports(command.operations, command.context.platform, datetime.now(UTC), hours)
    is_unknown = any(one.peak is None for one in found)
    code = ExitCode.INCONCLUSIVE if is_unknown else ExitCode.GO
    return Report(
        code=ExitCode.NO_GO if any(one.reasons for one in found) else code,
        lines=[line for one in found for line in _lines(one)],
        document={
            "hours": hours,
            "services": [_entry(one) for one in found],
        },
    )


@autoscaling.command()
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="How far back.")
@click.option("--apply", "is_applied", is_flag=True, help="Do it; without it the calls are shown only.")
@acts
def optimize(command: CommandContext, hours: int, *, is_applied: bool) -> ExitCode:
    """Set the bounds that would fit better; `gate scale SERVICE --restore` goes back."""
    found = scaling_reports(command.operations, command.context.platform, datetime.now(UTC), hours)
    wanted = [one for one in found if one.reasons]
    if not wanted:
        click.echo("every service's bounds fit what was seen")
        return ExitCode.GO
    is_dry = command.is_dry or not is_applied
    if not is_dry:
        command.confirm(f"change the bounds of {', '.join(one.settings.service for one in wanted)}")
    scaling = command.operations.scaling
    with nullcontext() if is_dry else command.alone():
        return print_receipts(
            scaling.apply(one.settings.service, one.recommended, is_dry=is_dry) for one in wanted
        )


def _lines(one: ScalingReport) -> list[Line]:
    settings, peak = one.settings, "no data" if one.peak is None else f"{one.peak:g}"
    said = (
        f"{settings.scaling.minimum} to {settings.maximum} instances,"
        f" {settings.concurrency} requests each; highest: {peak}"
    )
    head = f"{'ok  ' if not one.reasons else 'FIT '}  {settings.service}: "
    return [Row(head, said), *(f"        {reason}: better {_bounds(one)}" for reason in one.reasons)]


def _entry(one: ScalingReport) -> dict[str, Any]:
    settings, wanted = one.settings, one.recommended
    return {
        "service": settings.service,
        "minimum": settings.scaling.minimum,
        "maximum": settings.maximum,
        "concurrency": settings.concurrency,
        "highest": one.peak,
        "reasons": list(one.reasons),
        "better_minimum": wanted.minimum,
        "better_maximum": wanted.maximum or settings.maximum,
    }


def _bounds(report: ScalingReport) -> str:
    wanted = report.recommended
    return f"{wanted.minimum} to {wanted.maximum or report.settings.maximum}"
