"""`gate metrics`: compare processors, memory, disk and network with thresholds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from gates.cli.command import CommandContext, looks
from gates.cli.reports import Report, reporting
from gates.model.exit_code import ExitCode
from gates.model.hardware import Reading
from gates.operations.hardware import Limit, limits, unread
from gates.reporting.layout import Line, Row


@click.command()
@click.option("--minutes", type=click.IntRange(1, 1440), default=15, show_default=True, help="How far back.")
@looks
@reporting
def metrics(command: CommandContext, minutes: int) -> Report:
    """Show the infrastructure's metrics, and what to do where a threshold is crossed.

    Leaves with 1 when one is crossed, and with 10 when one of the four has no data.
    """
    found = command.operations.metrics.hardware(datetime.now(UTC), minutes)
    agreed = limits(command.context.platform.policy.infrastructure_limits)
    lines: list[Line] = [_line(one, agreed[one.component]) for one in found]
    missing = unread(found)
    lines += [f"????  {component:7}  no data in the last {minutes} minutes" for component in missing]
    is_crossed = any(agreed[one.component].advice(one) for one in found)
    return Report(
        code=ExitCode.NO_GO if is_crossed else ExitCode.INCONCLUSIVE if missing else ExitCode.GO,
        lines=lines,
        document={
            "minutes": minutes,
            "readings": [_entry(one, agreed[one.component]) for one in found],
            "without_data": list(missing),
        },
    )


def _line(one: Reading, limit: Limit) -> Line:
    todo = limit.advice(one)
    said = f"{limit.shown(one.value)} (at most {limit.shown(limit.most)}){'  ' + todo if todo else ''}"
    return Row(f"{'HIGH' if todo else 'ok  '}  {one.component:7}  {one.subject}: ", said)


def _entry(one: Reading, limit: Limit) -> dict[str, Any]:
    most, todo = limit.most, limit.advice(one)
    subject = {"component": one.component, "subject": one.subject}
    return {**subject, "value": one.value, "at_most": most, "is_high": bool(todo), "advice": todo}
