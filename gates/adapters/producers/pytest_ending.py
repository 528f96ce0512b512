"""How a test run ends early: in order, with all its workers, and when the gate that started it is gone."""

from __future__ import annotations

import signal
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest

from gates.adapters.machine import lifeline

_workers: list[Any] = []


def pytest_sessionstart(session: pytest.Session) -> None:
    """Hold on to the gate: when it is gone, so is this run. A worker ends when its controller says so."""
    lifeline.hold_on()
    if hasattr(session.config, "workerinput"):
        _listen_to_the_controller()


def _listen_to_the_controller() -> None:
    """Take the first SIGINT alone: what is meant for a whole group must not end the cleaning up.

    Signals get a handler and are not ignored, for what a test starts would ignore them too.
    """
    taken: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        taken.append(number)
        if len(taken) == 1:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodeready(node: Any) -> None:
    """Remember a worker of pytest-xdist."""
    _workers.append(node)


def pytest_keyboard_interrupt() -> None:
    """Interrupt the workers too: their tests clean up after themselves, as the controller's do."""
    for node in _workers:
        with suppress(AttributeError, OSError):
            node.gateway._io.popen.send_signal(signal.SIGINT)  # noqa: SLF001 - execnet names it nowhere else
