"""What is wrong with a document: where, what, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gates.errors import DocumentError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong; line and column count from one."""

    path: str
    line: int
    column: int
    cause: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.cause}"


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
