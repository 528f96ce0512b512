"""What is done to the gate itself never becomes a verdict about the platform."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gates.model.exit_code import ExitCode
from sandbox.companion import running
from tests.support.real_sandbox import RealSandbox

ROOT = Path(__file__).parents[3]
GATE = Path(sys.executable).with_name("gate")
PATIENCE_S = 120.0
"""Longer than the run's deadline and what follows it."""
UNCLEAR = {ExitCode.INCONCLUSIVE, ExitCode.INTERRUPTED, ExitCode.INTERNAL_ERROR}


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is about to happen; the test fails when it does not."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.1)):
        if condition():
            return
        pause.wait(0.1)
    pytest.fail("it did not happen in time")


def ended_checks(reports: Path) -> int:
    """How many checks of the one run below `reports` have ended by now."""
    files = list(reports.glob("*/producers.jsonl"))
    return files[0].read_text(encoding="utf-8").count('"when": "teardown"') if files else 0


def failed(reports: Path) -> list[dict[str, Any]]:
    """Return the failed judgements of the one run; none when it never came to a verdict."""
    verdicts = [json.loads(file.read_text()) for file in reports.glob("*/verdict.json")]
    return [one for verdict in verdicts for one in verdict["judgements"] if one["outcome"] == "FAIL"]


def test_a_platform_that_is_killed_in_the_middle_fails_nothing(tmp_path: Path) -> None:
    """`kill -9` of the whole platform while it is looked at: no GO, and no word about a service."""
    reports, state = tmp_path / "reports", tmp_path / "state"
    variables = {
        "GATE_REPORTS": str(reports),
        "GATE_ENDPOINTS_FILE": str(state / "endpoints.json"),
        "GATE_IDENTITIES_FILE": str(state / "identities.json"),
    }
    words = [str(GATE), "run", "--env", "sandbox", "--stage", "immediate", "--deadline", "15s"]
    with (
        running(state) as endpoints,
        subprocess.Popen(
            words,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **variables},
        ) as gate,
    ):
        until(lambda: ended_checks(reports) >= 3)
        os.kill(endpoints["pid"], signal.SIGKILL)
        code = ExitCode(gate.wait(PATIENCE_S))
    assert failed(reports) == []
    assert code in UNCLEAR


@contextmanager
def spoilt(sandbox: RealSandbox) -> Iterator[None]:
    """Make all secrets of the identities wrong while the block runs."""
    spoil = [sys.executable, "-m", "sandbox", "spoil-identities", "--state-dir", str(sandbox.state)]
    sandbox.run(*spoil, wanted=0)
    try:
        yield
    finally:
        sandbox.run(*spoil, "--off", wanted=0)


def test_secrets_that_are_wrong_fail_nothing_until_they_were_right(sandbox: RealSandbox) -> None:
    """Wrong secrets of all identities: INCONCLUSIVE; a login that refuses known good ones: NO_GO."""
    look = [str(GATE), "run", "--env", "sandbox", "--stage", "immediate", "--only", "AUT-LOGIN"]
    more = [part for name in ("AUT-EXPIRED", "JRN-API", "LOD-ERRORS") for part in ("--only", name)]

    with spoilt(sandbox):
        sandbox.run(*look, *more, "--release", "wrong", wanted=ExitCode.INCONCLUSIVE)
    assert failed(sandbox.folder / "reports") == []
    sandbox.run(*look, "--release", "right", wanted=ExitCode.INCONCLUSIVE)  # a part is never GO
    assert failed(sandbox.folder / "reports") == []

    sandbox.deploy("auth-service", "sandbox/auth-service:1.0.1-right-password-refused")
    sandbox.run(*look, "--release", "refused", wanted=ExitCode.NO_GO)
    assert {one["criterion"] for one in failed(sandbox.folder / "reports")} == {"AUT-LOGIN"}
