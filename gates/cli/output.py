"""Where everything that is printed goes: printing never fails, never waits, and never decides how gate ends.

A reader may go away, stop reading, sit on a full disk or know no arrows; a descriptor may be closed from the
start. What acts must not notice. So stdout and stderr are replaced once, before the first word: each write is
put into one queue and a thread of its own writes it, in order. A stream that failed once is silent from then.
At the end of a command, when everything is done and recorded, the process waits for who still reads.
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
"""Writes that may wait for a reader who does not read; what comes after them is dropped."""


class Printer:
    """Writes what was said, in order, in a thread of its own."""

    def __init__(self) -> None:
        self._said: SimpleQueue[tuple[Outlet, str] | threading.Event | None] = SimpleQueue()
        threading.Thread(target=self._print, name="printer", daemon=True).start()

    def say(self, outlet: Outlet, text: str) -> None:
        """Take a text; a signal handler may do so too."""
        if self._said.qsize() < _MOST_WAITING:
            self._said.put((outlet, text))

    def drain(self, seconds: float | None = None) -> bool:
        """Wait until all that was said is written, so long at most, and say whether it is."""
        mark = threading.Event()
        self._said.put(mark)
        return mark.wait(seconds)

    def end(self) -> None:
        """End the thread once it has written what it can."""
        self._said.put(None)

    def _print(self) -> None:
        while (said := self._said.get()) is not None:
            if isinstance(said, threading.Event):
                said.set()
            else:
                outlet, text = said
                outlet.emit(text)


class Outlet(io.TextIOBase):
    """A text stream in the place of stdout or stderr; `is_gone` once it failed."""

    def __init__(self, stream: TextIO | None, printer: Printer) -> None:
        super().__init__()
        self._stream, self._printer = stream, printer
        self._descriptor = _descriptor(stream)
        self._encoding = (stream.encoding if stream is not None else None) or "utf-8"
        self.is_gone = stream is None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The reader's encoding."""
        return self._encoding

    def writable(self) -> bool:
        """Say that one may write here, whatever becomes of it."""
        return True

    def isatty(self) -> bool:
        """Say whether a terminal reads."""
        try:
            return self._stream is not None and self._stream.isatty()
        except (OSError, ValueError):
            return False

    def write(self, text: str, /) -> int:
        """Take a text to be written.

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
    """Writes on to another stream, and keeps what was written."""

    def __init__(self, onward: TextIO) -> None:
        super().__init__()
        self._onward = onward

    def write(self, text: str) -> int:
        """Keep and write on."""
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
    """Send everything that is printed in the block through one printer."""
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
    """Put the null device where a standard descriptor is closed: no other file may come to stand there."""
    number = os.open(os.devnull, os.O_RDWR)
    while number <= 2:  # noqa: PLR2004 - the last of the standard descriptors
        os.set_inheritable(number, True)
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)
