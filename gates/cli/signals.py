"""Signals: a command that only looks is interrupted, a command that acts finishes its action first.

SIGTERM, SIGHUP and SIGINT mean the same. While a command only looks, the first signal interrupts it: it
cleans up and exits with 2. While it acts (`Stop.heard`), the first signal lets the running action finish,
and the second interrupts it. The third ends the process at once. A signal that the process ignored at its
start (nohup, a background job) stays ignored.
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
    """A signal interrupted the command; the argument is the name of the signal."""


class Stop:
    """Whether a signal asked the gate to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._times = 0

    def is_asked_for(self) -> bool:
        """Return whether a signal came."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Stop as after a signal: one came before `heard`."""
        self._asked.set()

    def wait(self, seconds: float) -> bool:
        """Wait at most so long for a signal, and return whether one came."""
        return self._asked.wait(seconds)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Let the first signal set `is_asked_for`, instead of interrupting the block.

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
    """Enter `within`; a signal lets the block finish, and interrupts after it.

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
