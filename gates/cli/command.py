"""What the commands that change something share: options, questions, receipts, the exit code."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import click

from gates import composition
from gates.cli.options import context_option
from gates.cli.prompts import ask
from gates.cli.signals import Stop
from gates.composition import actor
from gates.composition.operations import OperationsContext
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from gates.model.operation import OperationReceipt
from gates.model.platform import Platform
from gates.reporting.operations import exit_code_of, receipt_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """What a command was asked for beside its own arguments: where, whether to send anything, how sure."""

    context: composition.Context
    operations: OperationsContext
    is_dry: bool
    is_sure: bool

    def begin(self) -> None:
        """Let what follows be finished when a signal comes, until the command ends."""
        if not self.is_dry:
            click.get_current_context().with_resource(Stop().heard())

    def confirm(self, what: str) -> None:
        """Ask before a protected environment is changed; elsewhere and for a dry run there is no question.

        What follows the word is finished when a signal comes.

        Raises:
            UsageError: there is no terminal to ask on.
            click.Abort: the answer was no.
        """
        environment = self.context.environment
        if environment.is_protected and not self.is_dry:
            ask(self.is_sure, f"{environment.name}: {what}?")
        self.begin()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the environment's lease while traffic, bounds or revisions are changed; a dry run needs none.

        Raises:
            LeaseHeldError: another gate acts in the environment, and who.
        """
        if self.is_dry:
            yield
            return
        click.get_current_context().with_resource(Stop().heard())
        name, run_id = self.context.environment.name, f"operations-{uuid.uuid4().hex[:12]}"
        with (
            self.context.ports.journal.hold(name, run_id) as lease,
            self.operations.performer.under(lease.confirm),
        ):
            yield


def looks(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Add `--env`; the command gets a `CommandContext` first."""
    return context_option(_operating(command), is_looking=True)


def acts(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Add `--env`, `--dry-run` and `--yes`; the command gets a `CommandContext` first."""
    sure = click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
    dry_run = click.option("--dry-run", "is_dry", is_flag=True, help="Show the exact calls and send nothing.")
    return context_option(dry_run(sure(_operating(command))))


def _operating(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    @click.pass_obj
    def run(
        context: composition.Context, /, *, is_dry: bool = False, is_sure: bool = False, **rest: Any
    ) -> ExitCode:
        with _opened(context, is_dry=is_dry, is_sure=is_sure) as opened:
            return command(opened, **rest)

    return functools.update_wrapper(run, command)


@contextmanager
def _opened(context: composition.Context, *, is_dry: bool, is_sure: bool) -> Iterator[CommandContext]:
    with closing(OperationsContext(context, actor())) as operations:
        yield CommandContext(context=context, operations=operations, is_dry=is_dry, is_sure=is_sure)
        if operations.why_unshared:
            click.echo(
                f"gate: this command shares no session with others: {operations.why_unshared}", err=True
            )


def named_or_all(names: tuple[str, ...], platform: Platform, *, is_all: bool) -> tuple[str, ...]:
    """Return the named services, or with --all every service.

    Raises:
        UsageError: none is named, or some are although --all was said.
    """
    if is_all == bool(names):
        known = ", ".join(platform.service_names)
        raise UsageError("name the services, or say --all", next_step=f"services: {known}")
    return names or platform.service_names


def print_receipts(receipts: Iterable[OperationReceipt]) -> ExitCode:
    """Print each receipt as it comes and return the exit code: a failed action needs a person now."""
    worst = ExitCode.GO
    for receipt in receipts:
        click.echo("\n".join(receipt_lines(receipt)))
        worst = max(worst, exit_code_of(receipt))
    return worst
