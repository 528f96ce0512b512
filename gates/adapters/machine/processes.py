"""Children of the gate: each leads a process group, and is ended in an order that lets it clean up.

SIGINT to the leader comes first: pytest then finalises its fixtures, Locust stops its users. After a grace
the whole group gets SIGTERM, and after another one SIGKILL: nothing of it outlives the gate's step.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from gates.adapters.machine.clock import SystemClock

_CLEANING_S = 3.0
"""What a child may take to clean up after itself."""
_LEAVING_S = 1.0
_POLL_S = 0.02


def end(process: subprocess.Popen[Any]) -> None:
    """End a child and its whole process group; when a signal interrupts even that, at once.

    Raises:
        KeyboardInterrupt: a signal came meanwhile.
    """
    try:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            _is_over(process, _CLEANING_S)
        _signal(process, signal.SIGTERM)
        _is_over(process, _LEAVING_S)
    finally:
        _signal(process, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LEAVING_S)


@contextmanager
def ended(process: subprocess.Popen[Any]) -> Iterator[subprocess.Popen[Any]]:
    """Let a child live no longer than the block."""
    try:
        yield process
    finally:
        end(process)


def shell(command: str) -> int:
    """Run a person's own command line to its end and return its exit code; it ends with the gate."""
    process = subprocess.Popen(command, shell=True, start_new_session=True)  # noqa: S602
    with ended(process):
        return process.wait()


def _is_over(process: subprocess.Popen[Any], seconds: float) -> bool:
    """Wait until the whole group is gone, so long at most, and say whether it is."""
    return SystemClock().until(
        lambda: process.poll() is not None and not _is_alive(process.pid), within=seconds, every=_POLL_S
    )


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _signal(process: subprocess.Popen[Any], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
