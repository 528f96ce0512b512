"""A deadline or a signal in the middle of a check that made something: it cleans up, or it is listed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gates.model.exit_code import ExitCode
from tests.support.real_sandbox import RealSandbox

GATE = str(Path(sys.executable).with_name("gate"))
SLOW = f"py:{Path(__file__).parent / 'support' / 'slow_lockout.py'}"
LOCKOUT = "tests/validation/immediate/test_auth_flows.py::test_lockout"
DEADLINES = (6, 20, 60)
"""Seconds, one after the other: a busy machine may not have begun when the first one is over."""
PATIENCE_S = 120


@dataclass(frozen=True)
class Place:
    """A sandbox whose lockout check takes longer than anybody waits, and a folder for temporary files."""

    sandbox: RealSandbox
    temporary: Path

    @property
    def variables(self) -> dict[str, str]:
        """What a run is started with."""
        return {**self.sandbox.environment, "TMPDIR": str(self.temporary)}

    def folder(self, run: str) -> Path:
        """Return the folder of a run."""
        return self.sandbox.folder / "reports" / run

    def made(self, run: str) -> list[dict[str, str]]:
        """Return what the checks of a run made and took away."""
        file = self.folder(run) / "made.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def verdict(self, run: str) -> dict[str, Any]:
        """Return the document of a run."""
        found: dict[str, Any] = json.loads((self.folder(run) / "verdict.json").read_text(encoding="utf-8"))
        return found

    def left(self) -> list[str]:
        """Return what the runs left: raw files, and processes, by their command lines."""
        mark = f"TMPDIR={self.temporary}".encode()
        return [path.name for path in self.temporary.glob("gate-*")] + list(running(mark))

    def cut_by_deadline(self, name: str, *words: str, option: str) -> tuple[int, str]:
        """Run a command until the deadline; return its exit code and the run's name."""
        for seconds in DEADLINES:
            run = f"{name}-{seconds}"
            named = [word.replace("{run}", run) for word in words]
            done = subprocess.run(
                [*named, option, f"{seconds}s"],
                env=self.variables,
                capture_output=True,
                timeout=PATIENCE_S + seconds,
                check=False,
            )
            if self.made(run):
                return done.returncode, run
        pytest.fail("the check never began")


def running(mark: bytes) -> Iterator[str]:
    """Yield the command lines of living processes that carry the mark."""
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0"):
                yield (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue


RUN = [GATE, "run", "--env", "sandbox", "--stage", "immediate", "--only", "AUT-LOCKOUT"]
SESSION = [sys.executable, "-m", "pytest", "--env", "sandbox", "--gate", "immediate", LOCKOUT]


@pytest.fixture
def place(sandbox: RealSandbox, tmp_path: Path) -> Place:
    """Give the slow platform."""
    if "auth-service" not in sandbox.changed:
        sandbox.deploy("auth-service", f"{SLOW}:slow")
    return Place(sandbox, tmp_path)


@pytest.mark.parametrize(
    ("name", "words", "option"),
    [
        ("run", [*RUN, "--release", "{run}"], "--deadline"),
        ("workers", [*SESSION, "-n", "2", "--gate-release", "{run}"], "--gate-deadline"),
    ],
    ids=["gate run", "pytest with workers"],
)
def test_a_check_that_the_deadline_ends_takes_away_what_it_made(
    place: Place, name: str, words: list[str], option: str
) -> None:
    """Its account is disabled, nothing raw stays, and what was not seen says nothing of the service."""
    code, run = place.cut_by_deadline(name, *words, option=option)

    assert (code, place.verdict(run)["outcome"]) == (ExitCode.INTERRUPTED, "INCONCLUSIVE")
    assert [one["kind"] for one in place.made(run)] == ["made", "gone"]
    assert any("did not finish within" in flaw for flaw in place.verdict(run)["flaws"])
    assert not any("left behind" in flaw for flaw in place.verdict(run)["flaws"])
    assert place.left() == []


@pytest.mark.parametrize(
    ("number", "reaches"), [(signal.SIGHUP, "the session"), (signal.SIGTERM, "its whole group")]
)
def test_workers_of_a_session_that_a_signal_ends_clean_up_too(
    place: Place, number: signal.Signals, reaches: str
) -> None:
    """As when a job is cancelled or a terminal is closed: one SIGINT from the session counts for a worker."""
    run = f"{number.name}-{len(reaches)}"
    words = [*SESSION, "-n", "2", "--gate-release", run]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    with subprocess.Popen(words, env=place.variables, **quiet) as session:  # type: ignore[call-overload]
        pause = threading.Event()
        while not place.made(run):
            assert session.poll() is None
            pause.wait(0.1)
        (os.kill if reaches == "the session" else os.killpg)(session.pid, number)
        assert session.wait(PATIENCE_S) == ExitCode.INTERRUPTED
    assert place.verdict(run)["outcome"] == "INCONCLUSIVE"
    assert [one["kind"] for one in place.made(run)] == ["made", "gone"]
    assert place.left() == []


def test_what_cannot_be_taken_away_is_listed(place: Place) -> None:
    """The account is named in the verdict, so that a person can disable it."""
    place.sandbox.deploy("auth-service", f"{SLOW}:slow_and_kept")
    words = [*SESSION, "--gate-release", "{run}"]
    code, run = place.cut_by_deadline("kept", *words, option="--gate-deadline")

    assert code == ExitCode.INTERRUPTED
    assert f"left behind in the platform: {place.made(run)[0]['what']}" in place.verdict(run)["flaws"]
    assert place.left() == []
