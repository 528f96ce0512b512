"""Opens the load generator's own page, with every kind of user pointed at a release."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from gates.adapters import secrets
from gates.adapters.producers import targeting
from gates.errors import ConfigurationError
from gates.model.service_contract import demanded_part
from gates.model.target import Target

LOCUSTFILE = "load/locustfile.py"
_FOREIGN = ("LOCUST_", "LOAD_", "PYTEST_", "GEVENT_")
"""Variables of this machine that would change what the generator does."""
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_GRACE_S = 3.0


def open_page(target: Target, *, root: Path, folder: Path, port: int, more: Sequence[str] = ()) -> int:
    """Serve the generator's page on this machine until it is ended, and return its exit status.

    A signal to this process ends the generator first, and the generator ends by itself when this process is
    gone. It works in the run's folder, which is its home too: settings of a person or a project stay away.
    The secrets of the identities go into a file without a name, which is gone with the last process that
    holds it. `more` are further options of the generator.

    Raises:
        ConfigurationError: the platform names no entrance for load.
        KeyboardInterrupt: a signal other than Ctrl-C ended it.
    """
    root, folder = root.resolve(), folder.resolve()
    trusted = str((root / target.ca_file).resolve()) if target.ca_file else None
    target_file = folder / "target.json"
    target_file.write_text(targeting.target_to_json(replace(target, ca_file=trusted)), encoding="utf-8")
    address = dict(target.addresses)
    host = target.public_url(demanded_part(target.entrance, "loadEntrance")).removeprefix("https://")
    command = [
        *(sys.executable, "-m", "locust", "-f", str(root / LOCUSTFILE), "--web-host", "127.0.0.1"),
        *("--web-port", str(port), "-H", f"https://{address.get(f'{host}:443', host)}", *more),
    ]
    with tempfile.TemporaryFile() as known:
        known.write(json.dumps(_identities(target)).encode())
        known.flush()
        variables = {
            "HOME": str(folder),
            "PYTHONPATH": str(root),
            "LOAD_TARGET": str(target_file),
            "LOAD_IDENTITIES": f"/dev/fd/{known.fileno()}",
            "LOAD_HOST_HEADER": host,
            "LOAD_PARENT": str(os.getpid()),
            **({"LOAD_CA": trusted} if trusted else {}),
        }
        how = {"cwd": folder, "env": {**_kept(os.environ), **variables}, "pass_fds": (known.fileno(),)}
        return _served(command, how)


def _kept(given: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in given.items() if not name.startswith(_FOREIGN)}


def _served(command: Sequence[str], how: Mapping[str, Any]) -> int:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **how)
    with _ended_by_signals(process) as received:
        status = process.wait()
    if received and received[0] is not signal.SIGINT:
        raise KeyboardInterrupt
    return 0 if received else status


@contextmanager
def _ended_by_signals(process: subprocess.Popen[bytes]) -> Iterator[list[signal.Signals]]:
    """End the process when a signal comes, at last by force; yield the signals as they come."""
    received: list[signal.Signals] = []

    def end(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGALRM:
            received.append(signal.Signals(number))
        with suppress(ProcessLookupError):
            process.kill() if number == signal.SIGALRM or len(received) > 1 else process.terminate()
        signal.setitimer(signal.ITIMER_REAL, _GRACE_S)

    before = {number: signal.signal(number, end) for number in (*_ENDING, signal.SIGALRM)}
    try:
        yield received
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _identities(target: Target) -> dict[str, dict[str, object]]:
    """Return what leads somewhere; a user whose identity is missing says so when it signs in."""
    found: dict[str, dict[str, object]] = {}
    for name, reference in target.identities:
        with suppress(ConfigurationError):
            found[name] = secrets.resolve(reference, endpoint=target.apis_grpc)
    return found
