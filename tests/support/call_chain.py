"""Which files of the gate run on the way from a command to one call, seen by Python's own profiler."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType
from typing import Any

GATES = Path(__file__).parents[2] / "gates"


@dataclass
class CallChain:
    """Follows calls, through thread pools too, until the method `end` is called for the first time.

    `path` are the files on the stack then, the command's first: each calls the next one. `run` are all files
    of which a function ran until then.
    """

    end: str
    path: list[str] = field(default_factory=list)
    run: set[str] = field(default_factory=set)
    _submitted: dict[int, list[str]] = field(default_factory=dict)

    def profile(self, frame: FrameType, event: str, _value: Any) -> None:
        """Take note of one event of the profiler."""
        if self.path or event != "call":
            return
        code = frame.f_code
        if code.co_qualname == "_WorkItem.__init__":  # it is in no queue yet
            self._submitted[id(frame.f_locals["future"])] = self._files(frame)
        elif code.co_qualname == self.end:
            self.path = self._files(frame)
        elif code.co_flags & CO_OPTIMIZED and (name := _name(code.co_filename)) is not None:
            self.run.add(name)  # a function: modules and classes run when they are imported

    def _files(self, frame: FrameType | None) -> list[str]:
        """Return the gate's files on a stack, the outermost first, each once."""
        found: list[str] = []
        while frame is not None:
            if (name := _name(frame.f_code.co_filename)) is not None:
                found.append(name)
            if frame.f_code.co_qualname == "_WorkItem.run":
                found += reversed(self._submitted[id(frame.f_locals["self"].future)])
            frame = frame.f_back
        return list(dict.fromkeys(reversed(found)))


@cache
def _name(file: str) -> str | None:
    path = Path(file)
    return str(path.relative_to(GATES.parent)) if path.is_relative_to(GATES) else None


@contextmanager
def followed(end: str) -> Iterator[CallChain]:
    """Follow every call of the block, in threads that it starts too."""
    chain, before = CallChain(end), sys.getprofile()
    threading.setprofile(chain.profile)
    sys.setprofile(chain.profile)
    try:
        yield chain
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
