"""Ending in order when a signal comes: the first lets what runs finish, the second interrupts."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stop:
    """Whether somebody asked the gate to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def is_asked_for(self) -> bool:
        """Say whether a signal came."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for a signal, so long at most, and say whether one came."""
        return self._asked.wait(seconds)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen for SIGTERM and SIGINT while the block runs.

        Raises:
            KeyboardInterrupt: a second signal came.
        """
        before = {number: signal.signal(number, self._take) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self._asked.is_set():
            raise KeyboardInterrupt
        self._asked.set()
        name = signal.Signals(number).name
        click.echo(f"{name}: what runs is finished, nothing new begins; once more interrupts it", err=True)
