"""`gate metrics`: processors, memory, disk and network against the guide's thresholds."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from gates.cli.operating import Asked, looks
from gates.model.exit_code import ExitCode
from gates.operations.hardware import LIMITS, advice, unread


@click.command()
@click.option("--minutes", type=click.IntRange(1, 1440), default=15, show_default=True, help="How far back.")
@looks
def metrics(asked: Asked, minutes: int) -> ExitCode:
    """Show the infrastructure's metrics, and what to do where a threshold is crossed.

    Leaves with 1 when one is crossed, and with 10 when one of the four has no data.
    """
    found = asked.room.hardware(datetime.now(UTC), minutes)
    is_crossed = False
    for one in found:
        limit, todo = LIMITS[one.component], advice(one)
        is_crossed |= bool(todo)
        click.echo(
            f"{'HIGH' if todo else 'ok  '}  {one.component:7}  {one.subject}: {limit.shown(one.value)}"
            f" (at most {limit.shown(limit.most)}){'  ' + todo if todo else ''}"
        )
    missing = unread(found)
    for component in missing:
        click.echo(f"????  {component:7}  no data in the last {minutes} minutes")
    if is_crossed:
        return ExitCode.NO_GO
    return ExitCode.INCONCLUSIVE if missing else ExitCode.GO
