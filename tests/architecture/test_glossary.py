"""docs/glossary.md explains each word that `--help` and the exit codes use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gates.cli import gate
from gates.model.exit_code import ExitCode

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").lower()
PLACEHOLDERS = frozenset(
    {"ARGS", "COMMAND", "OPTIONS", "TEXT", "INTEGER", "RANGE", "DIRECTORY", "FILE", "FOLDER", "NAME", "NOTE"}
    | {
        "DURATION",
        "TIME",
        "NOT",
        "LINK",
        "TITLE",
        "REASON",
        "INSTANCE",
        "BACKUP",
        "KEY",
        "PATH",
        "FLOAT",
        "ID",
    }
)
"""Words that click prints for arguments, and arguments that are what they are called."""
ENGLISH = frozenset({"one-time", "write-ahead", "so-and-so"})
_OPTION = re.compile(r"(?<!\w)--?[a-z][\w-]*|[\w.-]*/[\w./-]+")
_TERM = re.compile(r"(?<![\w/.-])([A-Z][A-Z_]+|[a-z]+(?:-[a-z]+)+)(?![\w/.-])")


def helps(command: click.Command, path: tuple[str, ...] = ("gate",)) -> Iterator[tuple[str, str]]:
    """Yield each command that is not hidden, with what its --help prints."""
    context = click.Context(command, info_name=path[-1])
    yield " ".join(path), command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None and not found.hidden:
                yield from helps(found, (*path, name))


def names() -> frozenset[str]:
    """Return what a command line can say: commands, choices, and the platform's own names."""
    listed = {word for path, _ in helps(gate) for word in path.split()}
    platform = (ROOT / "platforms" / "isectech" / "platform.yaml").read_text(encoding="utf-8")
    books = {path.stem for path in (ROOT / "platforms" / "isectech" / "runbooks").iterdir()}
    return frozenset(listed | books | set(re.findall(r"[a-z]+(?:-[a-z]+)+", platform)))


def is_explained(term: str) -> bool:
    """Whether the glossary has the term, its singular, or its words."""
    low = term.lower().rstrip("s") if term.endswith("S") or "-" not in term else term
    return re.search(rf"\b{re.escape(low)}", GLOSSARY) is not None


def test_each_term_of_the_help_stands_in_the_glossary() -> None:
    """Capitalised and hyphenated terms; what a person types is left out."""
    known = names()
    missing = {
        f"{term} ({path})"
        for path, text in helps(gate)
        for term in _TERM.findall(_OPTION.sub(" ", text))
        if term not in PLACEHOLDERS | ENGLISH | known and not is_explained(term)
    }
    assert missing == set()


@pytest.mark.parametrize("code", ExitCode, ids=lambda code: code.name)
def test_each_word_of_the_exit_codes_stands_in_the_glossary(code: ExitCode) -> None:
    """A code's name is its word."""
    assert f"| {code.name.replace('_', ' ').lower()}" in GLOSSARY.replace("_", " ").replace(", ", " | ")
