"""What producers made in the platform and have not taken away yet: written down before and after.

A producer that makes something of its own (an account, labelled data) says so with the fixture `made`. What
stands there without its end when the producers are gone is still in the platform, and a person must know.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gates.adapters.producers.pytest_safety import plain

_NAME = "made.jsonl"


def made(folder: Path, what: str) -> Callable[[], None]:
    """Note that `what` exists now; the caller that has taken it away calls what is returned."""
    _note(folder, "made", what)
    return lambda: _note(folder, "gone", what)


def left_behind(folder: Path) -> tuple[str, ...]:
    """Return a flaw for each thing that was made in a run and not taken away."""
    open_ones: dict[str, None] = {}
    lines = (folder / _NAME).read_bytes().split(b"\n") if (folder / _NAME).exists() else []
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            said = json.loads(line)
            if said["kind"] == "made":
                open_ones[str(said["what"])] = None
            else:
                open_ones.pop(str(said["what"]), None)
    return tuple(f"left behind in the platform: {plain(what)}" for what in open_ones)


def _note(folder: Path, kind: str, what: str) -> None:
    with (folder / _NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": kind, "what": what}) + "\n")
