"""Runs a command beside a sandbox of its own: up before it, down after it, whatever happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError

_STOP_S = 20.0


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
def running(state_dir: Path, options: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Run a sandbox in a process of its own and yield its endpoints.

    Raises:
        SandboxError: it ended before it was ready; the message holds what it said.
    """
    command = [sys.executable, "-m", "sandbox", "up", "--state-dir", str(state_dir), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
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
