"""Ends a child when the gate is gone, however it went: SIGKILL gives it no chance to do so itself.

The gate holds the one end of a pipe, the child the other. When the gate ends the kernel closes its end; the
child then interrupts itself, cleans up, and takes its process group with it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gates.adapters.machine import settings

_CLEANING_S = 4.0


@contextmanager
def lifeline() -> Iterator[int]:
    """Yield the descriptor to give to a child, which ends soon after the block or this process does."""
    child, own = os.pipe()
    try:
        yield child
    finally:
        for descriptor in (child, own):
            with suppress(OSError):
                os.close(descriptor)


def hold_on() -> None:
    """Watch the lifeline that this process was given, if it was.

    A gate in the background ignores SIGINT, and what it starts would ignore it too.
    """
    named = settings.taken(settings.LIFELINE)
    if named.isdigit():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Thread(target=_watch, args=(int(named),), name="lifeline", daemon=True).start()


def _watch(descriptor: int) -> None:
    with suppress(OSError):
        while os.read(descriptor, 1):
            pass
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(_CLEANING_S)
        if os.getpgrp() == os.getpid():
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os._exit(1)
