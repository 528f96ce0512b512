"""Ending in order when a signal comes: what acts is finished, everything else is interrupted.

SIGTERM, SIGHUP and SIGINT mean the same. While a command only looks, the first of them interrupts it: what
it began is put in order on the way out, and gate leaves with 2. While it acts (`Stop.heard`), the first lets
what runs finish, and the second interrupts. The third ends the process at once. Who is told to ignore a
signal (nohup, a job in the background) goes on ignoring it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TypeVar

import click

from gates.model.exit_code import ExitCode

_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_TOO_OFTEN = 3
_T = TypeVar("_T")


class Interrupted(KeyboardInterrupt):
    """A signal ended what ran; its name is the argument."""


class Stop:
    """Whether a signal asked the gate to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._times = 0

    def is_asked_for(self) -> bool:
        """Say whether a signal came."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Ask as a signal does: one came before anybody heard."""
        self._asked.set()

    def wait(self, seconds: float) -> bool:
        """Wait for a signal, so long at most, and say whether one came."""
        return self._asked.wait(seconds)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Let the first signal only ask while the block runs.

        Raises:
            Interrupted: a second signal came.
        """
        with _handled(self._take):
            yield

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self._times += 1
        if self._times >= _TOO_OFTEN:
            os._exit(ExitCode.INTERRUPTED)
        name = signal.Signals(number).name
        if self._asked.is_set():
            raise Interrupted(name)
        self._asked.set()
        click.echo(f"{name}: what runs is finished, nothing new begins; once more interrupts it", err=True)


@contextmanager
def finishing(within: AbstractContextManager[_T]) -> Iterator[_T]:
    """Enter `within` and let the block be finished when a signal comes; then it interrupts.

    Raises:
        KeyboardInterrupt: a signal came meanwhile.
    """
    stop = Stop()
    with stop.heard(), within as entered:
        yield entered
    if stop.is_asked_for():
        raise KeyboardInterrupt


@contextmanager
def interrupting() -> Iterator[None]:
    """Let a signal interrupt the block, unless a `Stop` inside takes it.

    Raises:
        Interrupted: a signal came.
    """
    times = 0

    def take(number: int, _frame: FrameType | None) -> None:
        nonlocal times
        times += 1
        if times >= _TOO_OFTEN:
            os._exit(ExitCode.INTERRUPTED)
        raise Interrupted(signal.Signals(number).name)

    with _handled(take):
        yield


@contextmanager
def _handled(take: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {
        number: signal.signal(number, take)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
