"""The first lines of the process: signals are in hand before anything else is imported.

Python's own endings do not fit the gate's exit codes: an import that fails leaves with 1, which means NO_GO,
and SIGTERM ends the process before anything is put in order.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from types import FrameType

_INTERRUPTED, _DEFECT = 2, 3
_COLLECT_AFTER = 50_000
"""New objects between two looks for garbage: with Python's 700, imports are looked through many times."""
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def main() -> None:
    """Run the command line; a signal while it is still being imported leaves with 2, a defect with 3."""
    gc.set_threshold(_COLLECT_AFTER)
    atexit.register(_ignore)  # the first that is registered is the last that runs
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)
    try:
        from gates.cli import main as run  # noqa: PLC0415 - the signals are in hand by now

        run()
    except SystemExit as ended:
        _settle(int(ended.code or 0))
        raise
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)
    except Exception:  # noqa: BLE001 - the installation is broken: that is not a verdict
        sys.excepthook(*sys.exc_info())
        os._exit(_DEFECT)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _settle(code: int) -> None:
    """Everything is done: what comes now may hurry the end, and no longer change it."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: os._exit(code))


def _ignore() -> None:
    """Python gives the signals back before it is gone, and the system would end it with 128 and some."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
