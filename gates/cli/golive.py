"""`gate golive`: plan, rehearse or run a go-live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from gates import composition
from gates.cli.options import Pair, RunName, in_context
from gates.cli.signals import finishing
from gates.composition import golive as golive_parts
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown
from gates.model.timeline import Checkpoint, CheckpointState
from gates.reporting.golive import opened_lines, schedule_lines
from gates.workflows.golive import GoLiveWorkflow

_ENDS = {
    CheckpointState.HELD: ExitCode.GO,
    CheckpointState.STOPPED: ExitCode.NO_GO,
    CheckpointState.ROLLED_BACK: ExitCode.ROLLED_BACK,
    CheckpointState.ESCALATED: ExitCode.ACTION_FAILED,
}
_AHEAD = timedelta(minutes=1)


class Moment(click.ParamType[datetime]):
    """A date and time, in UTC without a zone."""

    name = "time"

    def convert(self, value: object, _param: click.Parameter | None, _ctx: click.Context | None) -> datetime:
        """Return the time.

        Raises:
            UsageError: it is none, or there is no week before and after it.
        """
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise UsageError(f"--at {value} is not a time", next_step="write 2026-12-01T06:00Z") from error
        if not 1970 < at.year < 9000:  # noqa: PLR2004 - a week before and a day after must be times too
            raise UsageError(f"--at {value} is out of range", next_step="write 2026-12-01T06:00Z")
        return at if at.tzinfo else at.replace(tzinfo=UTC)


_at = click.option(
    "--at", "zero", type=Moment(), required=True, help="When the traffic moves: 2026-12-01T06:00Z."
)
_name = click.option(
    "--name", type=RunName(), required=True, help="Go-live name. Run again with the same name to resume."
)


@click.group()
def golive() -> None:
    """Plan, rehearse or run a go-live: checkpoints, signatures, traffic, validation windows, rollback."""


@golive.command()
@in_context
@_at
def plan(context: composition.Context, zero: datetime) -> ExitCode:
    """Show the time of each checkpoint; nothing is done."""
    click.echo("\n".join(schedule_lines(context.timeline, zero)))
    return ExitCode.GO


@golive.command()
@in_context
@_name
@_at
def run(context: composition.Context, name: str, zero: datetime) -> ExitCode:
    """Run a go-live to its end; run again after an interruption, it resumes at the same checkpoint."""
    return _conduct(context, name, zero)


@golive.command()
@in_context
@_name
@click.option(
    "--before",
    "hooks",
    type=Pair(),
    multiple=True,
    metavar="CHECKPOINT=COMMAND",
    help="Run a command before a checkpoint, for example a signature. Repeatable.",
)
def rehearse(context: composition.Context, name: str, hooks: tuple[tuple[str, str], ...]) -> ExitCode:
    """Run the whole schedule with a fast clock and small suites: a test of the schedule, not of a release."""
    place, slots = context.environment, context.timeline.slots
    if place.is_protected:
        raise UsageError(
            f"{place.name} is protected: nothing is rehearsed there", next_step="rehearse in staging"
        )
    names = [slot.name for slot in slots]
    refuse_unknown("checkpoint", sorted(dict(hooks)), names, next_step="see: gate golive plan")
    return _conduct(context, name, datetime.now(UTC) - slots[0].at + _AHEAD, hooks, is_fast=True)


def _conduct(
    context: composition.Context,
    name: str,
    zero: datetime,
    hooks: tuple[tuple[str, str], ...] = (),
    *,
    is_fast: bool = False,
) -> ExitCode:
    """Run one go-live; only one runs in an environment at a time, under whatever name.

    A rehearsal has a fast clock, small suites, and commands before its checkpoints.
    """
    timeline = context.timeline.rehearsed if is_fast else context.timeline
    journal = context.ports.journal

    def before(slot: Checkpoint) -> None:
        for command in [command for named, command in hooks if named == slot.name]:
            click.echo(f"before the checkpoint: {command}")
            if code := golive_parts.run_command(command):
                raise UsageError(f"the command before the checkpoint ended with {code}: {command}")

    with journal.hold(f"{context.environment.name} (go-live)", name) as lease:
        opened = golive_parts.opened(context, timeline, name, zero, is_rehearsal=is_fast)
        click.echo("\n".join(opened_lines(opened)))
        ports = golive_parts.golive_ports(context, name, is_fast=is_fast)(
            tell=lambda text: click.echo(f"{datetime.now(UTC):%H:%M:%S}  {text}"),
            alone=lambda: finishing(journal.hold(opened.environment, opened.name)),
            confirm=lease.confirm,
            before=before,
        )
        over = GoLiveWorkflow(timeline, opened, ports).run()
    word = "CLOSED" if over.state is CheckpointState.HELD else over.state
    click.echo(f"{word}  {opened.name}: {over.because}")
    return _ENDS[over.state]
