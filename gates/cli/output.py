"""stdout and stderr of the gate: printing never fails, never blocks, and never changes the exit code.

A reader may close the pipe, stop reading, have a full disk or lack a character; a descriptor may be closed
from the start. A rollback must not be stopped by that. So stdout and stderr are replaced once, before the
first output: each write goes into one queue, and one thread writes it, in order. After its first failure a
stream drops its output. At the end of a command, when everything is done and recorded, the process waits for
the readers.
"""

from __future__ import annotations

import io
import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TextIO

_MOST_WAITING = 20_000
"""Writes that may wait for a slow reader; later ones are dropped."""


class Printer:
    """Writes the texts of all streams, in order, in one thread."""

    def __init__(self) -> None:
        self._said: SimpleQueue[tuple[Outlet, str] | threading.Event | None] = SimpleQueue()
        threading.Thread(target=self._print, name="printer", daemon=True).start()

    def say(self, outlet: Outlet, text: str) -> None:
        """Queue a text; safe in a signal handler."""
        if self._said.qsize() < _MOST_WAITING:
            self._said.put((outlet, text))

    def drain(self, seconds: float | None = None) -> bool:
        """Wait at most so long until every queued text is written, and return whether it is."""
        mark = threading.Event()
        self._said.put(mark)
        return mark.wait(seconds)

    def end(self) -> None:
        """End the thread after the queued texts."""
        self._said.put(None)

    def _print(self) -> None:
        while (said := self._said.get()) is not None:
            if isinstance(said, threading.Event):
                said.set()
            else:
                outlet, text = said
                outlet.emit(text)


class Outlet(io.TextIOBase):
    """A text stream that replaces stdout or stderr; `is_gone` after its first failure."""

    def __init__(self, stream: TextIO | None, printer: Printer) -> None:
        super().__init__()
        self._stream, self._printer = stream, printer
        self._descriptor = _descriptor(stream)
        self._encoding = (stream.encoding if stream is not None else None) or "utf-8"
        self.is_gone = stream is None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the replaced stream."""
        return self._encoding

    def writable(self) -> bool:
        """Return True, also when the stream is gone."""
        return True

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        try:
            return self._stream is not None and self._stream.isatty()
        except (OSError, ValueError):
            return False

    def write(self, text: str, /) -> int:
        """Queue a text.

        Raises:
            TypeError: it is no text.
        """
        if not isinstance(text, str):
            raise TypeError("this is a stream of text")
        if not self.is_gone:
            self._printer.say(self, text)
        return len(text)

    def emit(self, text: str) -> None:
        """Write a text now, unless the stream is gone; only the printer calls this."""
        if self.is_gone:
            return
        try:
            self._emit(text)
        except (OSError, ValueError):
            self.is_gone = True

    def _emit(self, text: str) -> None:
        data = text.encode(self._encoding, errors="replace")
        if self._descriptor is None:
            if self._stream is not None:
                self._stream.write(data.decode(self._encoding))
                self._stream.flush()
            return
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # another process that shares the pipe made it non-blocking
                select.select((), (self._descriptor,), ())


class Copy(io.StringIO):
    """Writes to another stream, and keeps a copy."""

    def __init__(self, onward: TextIO) -> None:
        super().__init__()
        self._onward = onward

    def write(self, text: str) -> int:
        """Write to both."""
        written = super().write(text)
        self._onward.write(text)
        return written


def _descriptor(stream: TextIO | None) -> int | None:
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):
        return None


@contextmanager
def safe() -> Iterator[Printer]:
    """Replace stdout and stderr in the block."""
    _occupy()
    before = sys.stdin, sys.stdout, sys.stderr
    printer = Printer()
    sys.stdin = before[0] or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - for the whole process
    sys.stdout, sys.stderr = Outlet(before[1], printer), Outlet(before[2], printer)
    try:
        yield printer
    finally:
        printer.end()
        sys.stdin, sys.stdout, sys.stderr = before


def _occupy() -> None:
    """Open the null device for each closed standard descriptor, so that no other file gets its number."""
    number = os.open(os.devnull, os.O_RDWR)
    while number <= 2:  # noqa: PLR2004 - the last of the standard descriptors
        os.set_inheritable(number, True)
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)
