"""A deadline in the middle of a check that made something: it cleans up, or what stays is listed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from gates.model.exit_code import ExitCode
from tests.support.real_sandbox import RealSandbox

GATE = str(Path(sys.executable).with_name("gate"))
SLOW = f"py:{Path(__file__).parent / 'support' / 'slow_lockout.py'}"
DEADLINES = (10, 30, 90)
"""Seconds, one after the other: a busy machine may not have begun when the first one is over."""


def cut_short(sandbox: RealSandbox, name: str) -> tuple[int, dict[str, Any], list[dict[str, str]]]:
    """Run the lockout check until the deadline; return exit code, verdict, and what was made and ended."""
    for seconds in DEADLINES:
        run = f"{name}-{seconds}"
        words = ["run", "--env", "sandbox", "--stage", "immediate", "--only", "AUT-LOCKOUT", "--release", run]
        code = sandbox.run(GATE, *words, "--deadline", f"{seconds}s").returncode
        folder = sandbox.folder / "reports" / run
        made = folder / "made.jsonl"
        if made.exists():
            lines = [json.loads(line) for line in made.read_text().splitlines()]
            return code, json.loads((folder / "verdict.json").read_text()), lines
    pytest.fail("the check never began")


def left_in_temporary(folder: Path) -> list[str]:
    """Return what the producers left among the temporary files."""
    return [path.name for path in folder.glob("gate-*")]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of its own."""
    monkeypatch.setitem(os.environ, "TMPDIR", str(tmp_path))
    return tmp_path


def test_a_check_that_the_deadline_ends_takes_away_what_it_made(
    sandbox: RealSandbox, temporary: Path
) -> None:
    """Its account is disabled, nothing raw stays, and what was not seen says nothing of the service."""
    sandbox.deploy("auth-service", f"{SLOW}:slow")
    code, verdict, made = cut_short(sandbox, "cut")

    assert (code, verdict["outcome"]) == (ExitCode.INTERRUPTED, "INCONCLUSIVE")
    assert [one["kind"] for one in made] == ["made", "gone"]
    assert any("did not finish within" in flaw for flaw in verdict["flaws"])
    assert not any("left behind" in flaw for flaw in verdict["flaws"])
    assert left_in_temporary(temporary) == []


def test_what_cannot_be_taken_away_is_listed(sandbox: RealSandbox, temporary: Path) -> None:
    """The account is named in the verdict, so that a person can disable it."""
    sandbox.deploy("auth-service", f"{SLOW}:slow_and_kept")
    code, verdict, made = cut_short(sandbox, "kept")

    assert code == ExitCode.INTERRUPTED
    assert f"left behind in the platform: {made[0]['what']}" in verdict["flaws"]
    assert left_in_temporary(temporary) == []
