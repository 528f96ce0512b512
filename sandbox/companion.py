"""Sandboxes in processes of their own: up before a command and down after it, or several at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sandbox import topology
from sandbox.errors import SandboxError
from sandbox.platform.parent_death import die_with

_STOP_S = 20.0
_LOOK_EVERY_S = 1.0


def accompany(command: Sequence[str], options: Sequence[str] = ()) -> int:
    """Run `command` with the GATE_…_FILE variables set; return its exit code.

    Raises:
        SandboxError: the sandbox did not come up.
    """
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder, running(Path(folder), options):
        environment = {
            **os.environ,
            "GATE_ENDPOINTS_FILE": str(Path(folder) / "endpoints.json"),
            "GATE_IDENTITIES_FILE": str(Path(folder) / "identities.json"),
            "GATE_SIGNERS_FILE": str(Path(folder) / "allowed_signers"),
            "GATE_STANDING_FOLDER": str(Path(folder) / "standing"),
            "GATE_SCANS_FOLDER": str(Path(folder) / "scans"),
            "SANDBOX_STATE_DIR": folder,
        }
        return subprocess.run(list(command), env=environment, check=False).returncode


@contextmanager
def running(
    state_dir: Path, options: Sequence[str] = (), environment: str = topology.ENVIRONMENT
) -> Iterator[dict[str, Any]]:
    """Run a sandbox in a process of its own and yield its endpoints.

    Raises:
        SandboxError: it ended before it was ready; the message holds what it said.
    """
    command = [sys.executable, "-m", "sandbox", "up", "--state-dir", str(state_dir), *options]
    variables = {**os.environ, topology.VARIABLE: environment}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
        preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509 - no thread of ours holds a lock here
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            said = process.communicate()[1].strip()
            raise SandboxError(f"The sandbox did not come up: {said or 'it said nothing'}")
        yield json.loads(line)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def up_all(environments: Sequence[str], state_dir: Path, options: Sequence[str]) -> None:
    """Run several environments until SIGTERM or SIGINT, each in a folder below `state_dir`.

    Their endpoints go to standard output, by environment, once all of them are ready.

    Raises:
        SandboxError: one of them did not come up, or ended by itself.
    """
    ended, names = threading.Event(), dict.fromkeys(environments)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        found = {name: stack.enter_context(running(state_dir / name, options, name)) for name in names}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
        while not ended.wait(_LOOK_EVERY_S):
            for name, endpoints in found.items():
                if os.waitid(os.P_PID, endpoints["pid"], os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    raise SandboxError(f"The environment {name} has ended.")
