"""`gate golive`: the day of a go-live, planned, conducted, rehearsed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import click

from gates import composition
from gates.actions.ports import Journal, Lease
from gates.adapters.machine import processes
from gates.cli.options import RunName, environment_option
from gates.cli.signals import Stop
from gates.composition import golive as golive_parts
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown
from gates.model.timeline import Checkpoint, CheckpointState, GoLive, Timeline
from gates.workflows.golive import GoLiveWorkflow
from gates.workflows.golive_checkpoints import run_of
from gates.workflows.golive_opening import open_golive

_ENDS = {
    CheckpointState.HELD: ExitCode.GO,
    CheckpointState.STOPPED: ExitCode.NO_GO,
    CheckpointState.ROLLED_BACK: ExitCode.ROLLED_BACK,
    CheckpointState.ESCALATED: ExitCode.ACTION_FAILED,
}
_AHEAD = timedelta(minutes=1)
_name = click.option(
    "--name", type=RunName(), required=True, help="Go-live name. Run again with the same name to resume."
)


@click.group()
def golive() -> None:
    """Plan, rehearse or run a go-live: checkpoints, signatures, traffic, validation windows, rollback."""


@golive.command()
@environment_option
@click.option("--at", "at", required=True, help="When the traffic moves: 2026-12-01T06:00Z.")
def plan(env: str, at: str) -> ExitCode:
    """Show when what happens; nothing is done."""
    zero = _moment(at)
    for slot in composition.Context(env).timeline.slots:
        click.echo(
            f"{zero + slot.at:%Y-%m-%d %H:%M} UTC  {_offset(slot.at):>9}  {slot.name:16}  {slot.title}"
        )
    return ExitCode.GO


@golive.command()
@environment_option
@_name
@click.option("--at", "at", required=True, help="When the traffic moves: 2026-12-01T06:00Z.")
def run(env: str, name: str, at: str) -> ExitCode:
    """Conduct a go-live to its end; ended and started again, it goes on where it stood."""
    context = composition.Context(env)
    return _conduct(context, context.timeline, name, _moment(at), _Day(hooks={}, is_fast=False))


@golive.command()
@environment_option
@_name
@click.option(
    "--before",
    "hooks",
    multiple=True,
    metavar="CHECKPOINT=COMMAND",
    help="Run a command before a checkpoint, for example a signature. Repeatable.",
)
def rehearse(env: str, name: str, hooks: tuple[str, ...]) -> ExitCode:
    """Run the whole schedule with a fast clock and small suites: a test of the schedule, not of a release."""
    context = composition.Context(env)
    if context.environment.is_protected:
        raise UsageError(f"{env} is protected: nothing is rehearsed there", next_step="rehearse in staging")
    timeline = Timeline(slots=tuple(_small(slot) for slot in context.timeline.slots))
    started = datetime.now(UTC)
    zero = started - timeline.slots[0].at + _AHEAD
    return _conduct(context, timeline, name, zero, _Day(hooks=_hooks(hooks), is_fast=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """How a go-live is conducted: the commands before its slots, and whether its clock is wound forward."""

    hooks: Mapping[str, str]
    is_fast: bool


def _conduct(
    context: composition.Context, timeline: Timeline, name: str, zero: datetime, day: _Day
) -> ExitCode:
    """Conduct one go-live; an environment has one conductor at a time, whatever the go-live's name."""
    slots = [slot.name for slot in timeline.slots]
    refuse_unknown("checkpoint", sorted(day.hooks), slots, next_step="see: gate golive plan")
    for slot in timeline.slots:  # a name that no run can have is refused before anything is begun
        run_of(name, slot, zero)
    with context.ports.journal.hold(f"{context.environment.name} (go-live)", name) as lease:
        opened = _opened(context, timeline, name, zero, is_rehearsal=day.is_fast)
        ports = golive_parts.golive_ports(context, name, is_fast=day.is_fast)(
            tell=lambda text: click.echo(f"{datetime.now(UTC):%H:%M:%S}  {text}"),
            alone=lambda: alone(context.ports.journal, opened),
            confirm=lease.confirm,
            before=lambda slot: _run_hook(day.hooks.get(slot.name)),
        )
        over = GoLiveWorkflow(timeline, opened, ports).run()
    word = "CLOSED" if over.state is CheckpointState.HELD else over.state
    click.echo(f"{word}  {opened.name}: {over.because}")
    return _ENDS[over.state]


@contextmanager
def alone(journal: Journal, opened: GoLive) -> Iterator[Lease]:
    """Hold the environment while traffic is moved; a signal waits until it is moved, and then interrupts.

    Raises:
        LeaseHeldError: another gate acts in the environment.
        KeyboardInterrupt: a signal came meanwhile; the go-live goes on where it stood.
    """
    stop = Stop()
    with stop.heard(), journal.hold(opened.environment, opened.name) as lease:
        yield lease
    if stop.is_asked_for():
        raise KeyboardInterrupt


def _opened(
    context: composition.Context, timeline: Timeline, name: str, zero: datetime, *, is_rehearsal: bool
) -> GoLive:
    wanted = GoLive(
        name=name,
        environment=context.environment.name,
        zero=zero,
        candidates=tuple(golive_parts.readiness(context).candidates().items()),
        is_rehearsal=is_rehearsal,
    )
    names = context.platform.service_names
    opened = open_golive(wanted, timeline, context.golive_ledger, context.ports.traffic, names)
    click.echo(f"go-live {name} in {opened.environment}, traffic at {opened.zero:%Y-%m-%d %H:%M} UTC:")
    for service, revision in opened.candidates:
        click.echo(f"  {service}: {revision}")
    return opened


def _small(slot: Checkpoint) -> Checkpoint:
    return replace(slot, criteria=slot.rehearsed or slot.criteria)


def _run_hook(command: str | None) -> None:
    if command is None:
        return
    click.echo(f"before the checkpoint: {command}")
    code = processes.shell(command)
    if code != 0:
        raise UsageError(f"the command before the checkpoint ended with {code}: {command}")


def _hooks(pairs: tuple[str, ...]) -> dict[str, str]:
    hooks: dict[str, str] = {}
    for pair in pairs:
        slot, separator, command = pair.partition("=")
        if not (separator and slot and command):
            raise UsageError(f"--before {pair}", next_step="write CHECKPOINT=COMMAND")
        hooks[slot] = command if slot not in hooks else f"{hooks[slot]} && {command}"
    return hooks


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--at {text} is not a time", next_step="write 2026-12-01T06:00Z") from error
    if not 1970 < at.year < 9000:  # noqa: PLR2004 - a week before and a day after must be times too
        raise UsageError(f"--at {text} is out of range", next_step="write 2026-12-01T06:00Z")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _offset(at: timedelta) -> str:
    minutes = int(abs(at).total_seconds() // 60)
    if not minutes:
        return "T-0"
    days, hours = (minutes // size if minutes % size == 0 else 0 for size in (1440, 60))
    span = f"{days} d" if days > 1 else f"{hours} h" if hours else f"{minutes} min"
    return f"T{'-' if at < timedelta() else '+'}{span}"
