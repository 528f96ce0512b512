"""Asking a person before something is changed."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from gates.errors import UsageError


def refuse_without_terminal(is_sure: bool) -> None:  # noqa: FBT001 - it is the flag --yes
    """Stop a command that would have to ask without a terminal.

    Raises:
        UsageError: there is no terminal, and --yes was not said.
    """
    if not is_sure and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask on", next_step=_way_out())


def _way_out() -> str:
    """Name the options of the running command that need no answer: not every one can be rehearsed."""
    context = click.get_current_context(silent=True)
    known = {name for option in context.command.params for name in option.opts} if context else {"--yes"}
    ways = {"--yes": "say --yes", "--dry-run": "look first with --dry-run"}
    return ", or ".join(said for name, said in ways.items() if name in known) or "use a terminal"


def ask(is_sure: bool, question: str) -> None:  # noqa: FBT001 - it is the flag --yes
    """Ask, unless --yes was said; anything but yes ends the command with nothing changed.

    Raises:
        UsageError: there is no terminal to ask on.
        click.Abort: the answer was no.
    """
    refuse_without_terminal(is_sure)
    if not is_sure and not click.confirm(question, err=True):
        click.echo("nothing was changed")
        raise click.Abort


def confirm_typed(word: str, typed: str | None, what: str) -> None:
    """Let a destructive action happen only after its subject was typed, by hand or with --confirm.

    Raises:
        UsageError: something else was typed, or there is no terminal to ask on.
    """
    if typed is None and sys.stdin.isatty():
        typed = click.prompt(f"{what}. Type {word} to go on", err=True, default="", show_default=False)
    if typed != word:
        raise UsageError(f"{what}: not confirmed", next_step=f"say --confirm {word}; --yes is not enough")


def demand_role(role: str, allowed: Iterable[str]) -> None:
    """Refuse a role that is not allowed to act.

    Raises:
        UsageError: the role is not one of the allowed ones.
    """
    roles = sorted(set(allowed))
    if role not in roles:
        raise UsageError(f"{role} may not do this", next_step=f"--role is one of {', '.join(roles)}")
