"""Which files a value passes through while something is done with it, as the calls really happen."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType

GATES = str(Path(__file__).parents[2] / "gates")
_MAKING = ("__init__", "__post_init__")


def visits(act: Callable[[], object]) -> list[str]:
    """Return the files of `gates` that are visited while `act` runs, in order, stays taken together.

    A visit is a call of a function that is given a value of the model or of the reports, or several of them.
    The same call from the same function counts once: a loop over a hundred judgements is one visit. No visits
    are what the model says of its own values (`gates.model`), the making of a value, and functions that are
    given texts and numbers alone.
    """
    known: set[tuple[CodeType, CodeType]] = set()
    files: list[str] = []

    def look(frame: FrameType, event: str, _argument: object) -> None:
        code, caller = frame.f_code, frame.f_back
        file = code.co_filename.removeprefix(GATES)
        if event != "call" or caller is None or file == code.co_filename or file.startswith("/model/"):
            return
        edge = (caller.f_code, code)
        if edge not in known and code.co_name not in _MAKING and _is_given_a_value(frame):
            known.add(edge)
            files.append(file.lstrip("/"))

    sys.setprofile(look)
    try:
        act()
    finally:
        sys.setprofile(None)
    return files[:1] + [after for before, after in pairwise(files) if after != before]


def returns(files: list[str]) -> int:
    """Return how often a file is visited again that was left before."""
    return len(files) - len(set(files))


def _is_given_a_value(frame: FrameType) -> bool:
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return any(_is_value(frame.f_locals.get(name)) for name in names)


def _is_value(given: object) -> bool:
    if isinstance(given, tuple | list):
        return any(map(_is_value, given[:1]))
    module = type(given).__module__
    return dataclasses.is_dataclass(given) and module.startswith(("gates.model.", "gates.reporting."))
