"""What is wrong with a document: where, what, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gates.errors import DocumentError

_LISTED = 12
"""At most so many valid values are listed in one message."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong; line and column count from one."""

    path: str
    line: int
    column: int
    cause: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.cause}"


def meant(word: str, valid: Iterable[str]) -> str:
    """Return " - did you mean 'x'? (valid: ...)" for a word that is none of the valid ones."""
    candidates = tuple(dict.fromkeys(valid))
    close = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
    question = f" - did you mean '{close[0]}'?" if close else ""
    return f"{question} (valid: {_listed(candidates)})"


def _listed(words: Sequence[str]) -> str:
    rest = len(words) - _LISTED
    return ", ".join(words[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def refuse(problems: Iterable[Problem]) -> None:
    """Raise one error that names every problem, one per line; do nothing when there is none.

    Raises:
        DocumentError: there is at least one problem; its place is that of the first.
    """
    ordered = sorted(set(problems))
    if not ordered:
        return
    first, rest = ordered[0], ordered[1:]
    raise DocumentError(
        "\n".join([first.cause, *map(str, rest)]),
        path=first.path,
        line=first.line,
        column=first.column,
        next_step=f"mend {'this' if not rest else f'these {len(ordered)} places'} and run the command again",
    )
