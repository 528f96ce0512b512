"""Whole commands that begin with stdin, stdout or stderr closed do what they would do with a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gates.model.exit_code import ExitCode
from tests.support.real_sandbox import RealSandbox

GATE = str(Path(sys.executable).with_name("gate"))
ALL = "<&- >&- 2>&-"
BAD = "sandbox/asset-discovery:1.1.0-any-token"


def left(sandbox: RealSandbox, closed: str, *words: str) -> int:
    """Run the gate with descriptors closed from the start; return its exit code."""
    line = f'exec "$@" {closed}'
    done = subprocess.run(
        ["bash", "-c", line, "bash", GATE, *words, "--env", "sandbox"],
        env=sandbox.environment,
        timeout=180,
        check=False,
    )
    return done.returncode


def outcomes(sandbox: RealSandbox, name: str) -> set[str]:
    """Return the outcomes of everything that a run judged."""
    document = json.loads((sandbox.folder / "reports" / name / "verdict.json").read_text())
    return {one["outcome"] for one in document["judgements"]}


@pytest.mark.parametrize(("closed", "workers"), [(">&-", "1"), ("2>&-", "1"), (ALL, "2")])
def test_a_whole_run_is_the_same_with_a_descriptor_closed(
    sandbox: RealSandbox, closed: str, workers: str
) -> None:
    """Producers start, everything is judged and written; a part of a stage is never GO."""
    name = f"closed-{len(closed)}-{workers}"
    words = ("run", "--stage", "immediate", "--release", name, "--only", "DEP-SERVING", "--workers", workers)

    assert left(sandbox, closed, *words) == ExitCode.INCONCLUSIVE
    assert outcomes(sandbox, name) == {"PASS"}
    assert {"evidence.jsonl", "junit.xml", "summary.md"} <= {
        path.name for path in (sandbox.folder / "reports" / name).iterdir()
    }


def test_a_bad_release_is_rolled_back_with_every_descriptor_closed(sandbox: RealSandbox) -> None:
    """The pre-authorised action is proven and on record."""
    sandbox.deploy("asset-discovery", BAD)
    words = ("run", "--stage", "immediate", "--release", "bad", "--only", "AUT-EXPIRED")
    code = left(sandbox, ALL, *words, "--rollback", "auto", "--fail-fast")
    receipts = (sandbox.folder / "reports" / "bad" / "receipts.jsonl").read_text().splitlines()

    assert (code, "FAIL" in outcomes(sandbox, "bad")) == (ExitCode.ROLLED_BACK, True)
    assert [json.loads(one)["is_verified"] for one in receipts] == [True]
