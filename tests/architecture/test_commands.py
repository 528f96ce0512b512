"""docs/commands.md is complete and true: every line of the guide's scripts, its command, its test."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from gates.cli import gate

DOCUMENT = Path("docs/commands.md")
MISSING = "**missing**"
GUIDE_LINES = frozenset(
    {125, 128, 135, 136, 137, 144, 147, 158, 161, 168, *range(171, 180), 182, 185, 192, 195, 198, 233, 234}
    | {235, 271, 274, 277, 280, 287, 290, 293, 300, 303, 306, 313, 316, 319, 390, 393, 399, 400, 401, 408}
    | {417, 418, 421, 424, 427, 434, 437, 451, 454, 457, 460, 463, 466, 468, 476, 479, 482, 485, 488, 490}
    | {500, 503, 506, 509, 512, 515, 517, 558, 559, 560, 576, 577, 578, 600, 603, 606, 612, 615, 618, 624}
    | {627, 630}
)
"""Every executable line of the guide's bash blocks."""


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    lines: tuple[int, ...]
    ours: str
    shown_by: str

    @property
    def is_missing(self) -> bool:
        """Whether there is no command yet."""
        return self.ours.startswith(MISSING)

    @property
    def words(self) -> list[str]:
        """The words after `gate`, none when no command is named."""
        named = re.search(r"`gate ([^`]+)`", self.ours)
        return named[1].split() if named else []


def _rows() -> list[Row]:
    found = []
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[0][:1].isdigit():
            numbers = tuple(int(number) for number in cells[0].split(","))
            found.append(Row(numbers, cells[2], cells[3]))
    return found


ROWS = _rows()


def _resolve(words: list[str]) -> tuple[click.Command | None, list[str]]:
    """Return the command that the words lead to, and the words that are left for it."""
    command: click.Command | None = gate
    rest = list(words)
    while isinstance(command, click.Group) and rest:
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            return command.get_command(click.Context(command), "services"), rest
        command, rest = found, rest[1:]
    return command, rest


def test_every_line_of_the_guide_has_its_row() -> None:
    """Each exactly once; a line that is dropped from the table fails here."""
    numbers = [number for row in ROWS for number in row.lines]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) == GUIDE_LINES
    assert len(GUIDE_LINES) == 88


@pytest.mark.parametrize("row", [row for row in ROWS if not row.is_missing], ids=lambda row: row.ours)
def test_the_command_exists_and_takes_its_options(row: Row) -> None:
    """And the test that shows it is there."""
    command, rest = _resolve(row.words)
    assert command is not None, row.ours
    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known
    assert not isinstance(command, click.Group), f"{row.ours} is a group"
    assert Path(row.shown_by).is_file()


def test_what_is_missing_is_still_missing() -> None:
    """Whoever builds a command writes it into the table."""
    for words in (row.words for row in ROWS if row.is_missing and row.words):
        found = gate.get_command(click.Context(gate), words[0])
        assert found is None, f"gate {words[0]} exists: take {MISSING} out of {DOCUMENT} and name its test"
