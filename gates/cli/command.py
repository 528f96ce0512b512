"""What the commands that change something share: options, asking, telling, the exit code."""

from __future__ import annotations

import functools
import getpass
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import click

from gates import composition
from gates.cli.options import environment_option
from gates.cli.prompts import ask
from gates.cli.signals import Stop
from gates.composition.operations import OperationsContext
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown
from gates.model.operation import OperationReceipt, OperationState
from gates.model.platform import Platform


def actor() -> str:
    """Return who asks: GATE_ACTOR, or the name of the account, or its number where it has no name."""
    if named := os.environ.get("GATE_ACTOR"):
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user stands in no list of accounts
        return f"uid {os.getuid()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContext:
    """What a command was asked for beside its own arguments: where, whether to send anything, how sure."""

    context: composition.Context
    operations: OperationsContext
    is_dry: bool
    is_sure: bool
    running: ExitStack = field(default_factory=ExitStack)

    def begin(self) -> None:
        """Let what follows be finished when a signal comes, until the command ends."""
        if not self.is_dry:
            self.running.enter_context(Stop().heard())

    def confirm(self, what: str) -> None:
        """Ask before a protected environment is changed; elsewhere and for a dry run nobody is asked.

        What follows the word is finished when a signal comes.

        Raises:
            UsageError: there is no terminal to ask on.
            click.Abort: the answer was no.
        """
        environment = self.context.environment
        if environment.is_protected and not self.is_dry:
            ask(self.is_sure, f"{environment.name}: {what}?")
        self.begin()

    def alone(self) -> AbstractContextManager[object]:
        """Hold the environment's lease while traffic, bounds or revisions are changed; a dry run needs none.

        Raises:
            LeaseHeldError: another gate acts in the environment, and who.
        """
        if self.is_dry:
            return nullcontext()
        self.begin()
        return self.context.ports.journal.hold(
            self.context.environment.name, f"operations-{uuid.uuid4().hex[:12]}"
        )


def looks(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Add `--env`; the command gets a `CommandContext` first."""

    def run(*, env: str, **rest: Any) -> ExitCode:
        with _opened(composition.Context(env, is_looking=True), is_dry=False, is_sure=False) as opened:
            return command(opened, **rest)

    wrapped: Callable[..., ExitCode] = functools.update_wrapper(run, command)
    return environment_option(wrapped)


def acts(command: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Add `--env`, `--dry-run` and `--yes`; the command gets a `CommandContext` first."""

    def run(*, env: str, is_dry: bool, is_sure: bool, **rest: Any) -> ExitCode:
        with _opened(composition.Context(env), is_dry=is_dry, is_sure=is_sure) as opened:
            return command(opened, **rest)

    wrapped: Callable[..., ExitCode] = functools.update_wrapper(run, command)
    sure = click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")(wrapped)
    dry_run = click.option(
        "--dry-run", "is_dry", is_flag=True, help="Show the exact calls and send nothing."
    )(sure)
    return environment_option(dry_run)


@contextmanager
def _opened(context: composition.Context, *, is_dry: bool, is_sure: bool) -> Iterator[CommandContext]:
    with closing(OperationsContext(context, actor())) as operations, ExitStack() as running:
        yield CommandContext(
            context=context, operations=operations, is_dry=is_dry, is_sure=is_sure, running=running
        )
        if operations.why_unshared:
            click.echo(
                f"gate: this command shares no session with others: {operations.why_unshared}", err=True
            )


def chosen(names: Sequence[str], platform: Platform) -> tuple[str, ...]:
    """Return the named services, or all.

    Raises:
        UsageError: a name is unknown.
    """
    refuse_unknown("service", names, platform.service_names)
    return tuple(names) or platform.service_names


def tell(receipts: Iterable[OperationReceipt]) -> ExitCode:
    """Print each receipt and return the exit code: a failed action needs a person now."""
    worst = ExitCode.GO
    for receipt in receipts:
        click.echo(
            f"{receipt.at:%H:%M:%S}  {receipt.state:12}  {receipt.action} {receipt.subject} by {receipt.by}: "
            f"{receipt.detail}"
        )
        if receipt.state not in (OperationState.STARTED, OperationState.ALREADY_DONE):
            click.echo(f"          before {receipt.before}")
            click.echo(f"          after  {receipt.after}")
        if receipt.state is OperationState.FAILED:
            worst = ExitCode.ACTION_FAILED
    return worst
