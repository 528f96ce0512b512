"""Command lines as a page shows them, and whether `gate` understands one."""

from __future__ import annotations

import re
from pathlib import Path

import click

_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def command_lines(page: Path) -> list[str]:
    """Return every command of a page's shell blocks, without its comment; a line that goes on is one."""
    blocks = _BLOCK.findall(page.read_text(encoding="utf-8"))
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line.partition("  #")[0].partition(" # ")[0].strip() for line in lines if line.strip()]


def understand(command: click.Command, words: list[str], parent: click.Context | None = None) -> None:
    """Parse the words as the command line does, and run nothing.

    Raises:
        click.UsageError: a word is not a command, an option or an argument that its command takes.
    """
    context = command.make_context(command.name or "gate", words, parent=parent)
    if isinstance(command, click.Group):
        _, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        understand(found, rest, context)
