"""How a test run ends early: in order, with all its workers, and when the gate that started it is gone."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Any

import pytest

from gates.adapters.machine import lifeline

_workers: list[Any] = []


def pytest_sessionstart() -> None:
    """Hold on to the gate: when it is gone, so is this run."""
    lifeline.hold_on()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodeready(node: Any) -> None:
    """Remember a worker of pytest-xdist."""
    _workers.append(node)


def pytest_keyboard_interrupt() -> None:
    """Interrupt the workers too: their tests clean up after themselves, as the controller's do."""
    for node in _workers:
        with suppress(AttributeError, OSError):
            os.kill(node.gateway._io.popen.pid, signal.SIGINT)  # noqa: SLF001 - execnet names it nowhere else
