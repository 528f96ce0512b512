"""pytest as the deploy gate: the verdict, the files and the exit codes of `gate run`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.real_sandbox import RealSandbox

ROOT = Path(__file__).parents[2]
GATE = str(Path(sys.executable).with_name("gate"))
KEPT = ("deployment.yaml", "health.yaml", "service-levels.yaml")
"""The part of the catalogue that is demanded here: quick to look at."""
BAD = "sandbox/frontend:1.1.0-health-lies"


@dataclass(frozen=True)
class Place:
    """A sandbox, and a platform that demands little."""

    sandbox: RealSandbox
    variables: dict[str, str]

    def run(self, *words: str, run: str) -> tuple[int, str]:
        """Run a command that makes a run of that name; return its exit code and what it printed."""
        done = self.sandbox.run(*words, run, variables=self.variables)
        return done.returncode, done.stdout + done.stderr

    def gate_run(self, run: str) -> int:
        """Take what is deployed through `gate run`."""
        return self.run(GATE, "run", "--env", "sandbox", "--stage", "immediate", "--release", run=run)[0]

    def pytest(self, *options: str, run: str) -> tuple[int, str]:
        """Take what is deployed through pytest."""
        words = [sys.executable, "-m", "pytest", "--env", "sandbox", "--gate", "immediate", *options]
        return self.run(*words, "--gate-release", run=run)

    def folder(self, run: str) -> Path:
        """Return the folder of a run."""
        return self.sandbox.folder / "reports" / run

    def verdict(self, run: str) -> dict[str, Any]:
        """Return the document of a run."""
        found: dict[str, Any] = json.loads((self.folder(run) / "verdict.json").read_text())
        return found

    def judged(self, run: str) -> list[tuple[str, str, str]]:
        """Return criterion, service and outcome of everything that was judged."""
        entries = self.verdict(run)["judgements"]
        return sorted((entry["criterion"], entry["service"], entry["outcome"]) for entry in entries)


@pytest.fixture(scope="module")
def place(sandbox: RealSandbox) -> Place:
    """Nine healthy services, a short catalogue, and a folder of their own for what is temporary."""
    platform, temporary = sandbox.folder / "platform", sandbox.folder / "temporary"
    shutil.copytree(ROOT / "platforms" / "isectech", platform)
    dropped = [one for one in (platform / "criteria").iterdir() if one.name not in KEPT]
    for document in dropped:
        document.unlink()
    policy = (platform / "policy.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    actions = {f"    {one.stem}" for one in dropped}
    rest = [line for line in policy if line.partition(":")[0] not in actions]
    (platform / "policy.yaml").write_text("".join(rest), encoding="utf-8")
    temporary.mkdir()
    return Place(sandbox, {"GATE_PLATFORM": str(platform), "TMPDIR": str(temporary)})


def left(place: Place) -> list[str]:
    """Return what a run left in the folder for temporary files."""
    return [entry.name for entry in Path(place.variables["TMPDIR"]).iterdir() if "allure" in entry.name]


def test_a_healthy_release_gets_the_verdict_and_the_files_of_gate_run(place: Place) -> None:
    """Side by side on two workers, too; both draw the page."""
    place = replace(place, variables={**place.variables, "PATH": os.environ["PATH"]})
    assert place.gate_run("by-gate") == 0
    code, shown = place.pytest("-n", "2", run="by-pytest")

    assert (code, place.verdict("by-pytest")["outcome"]) == (0, "GO")
    assert "GO  release by-pytest" in shown
    assert place.judged("by-pytest") == place.judged("by-gate")
    files = {entry.name for entry in place.folder("by-gate").iterdir()} - {"producers.log"}
    assert "allure-report" in files
    assert list((place.folder("by-pytest") / "allure-producers").glob("*-result.json"))
    assert {entry.name for entry in place.folder("by-pytest").iterdir()} == files
    assert left(place) == []


def test_producers_outside_of_the_named_paths_are_missed(place: Place, tmp_path: Path) -> None:
    """Part of a stage is never GO; pytest's own reports are written beside."""
    options = [f"--junitxml={tmp_path}/j.xml", f"--alluredir={tmp_path}/allure"]
    code, _ = place.pytest(*options, "tests/validation/immediate/test_deployment.py", run="by-part")

    assert (code, place.verdict("by-part")["outcome"]) == (10, "INCONCLUSIVE")
    assert (tmp_path / "j.xml").exists()
    assert list((tmp_path / "allure").glob("*-result.json"))


def test_a_session_without_a_gate_says_that_it_is_no_verdict(place: Place) -> None:
    """It leaves with pytest's own code."""
    words = [sys.executable, "-m", "pytest", "--env", "sandbox"]
    code, shown = place.run(*words, run="tests/validation/immediate/test_deployment.py")

    assert code == 0
    assert "no verdict" in shown


def test_a_signal_ends_the_session_without_a_go_and_leaves_nothing_raw(place: Place) -> None:
    """What was seen until then is judged: it is not enough."""
    words = [sys.executable, "-m", "pytest", "-v", "--env", "sandbox", "--gate", "immediate"]
    with subprocess.Popen(
        [*words, "--gate-release", "by-signal"],
        env={**place.sandbox.environment, **place.variables, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        next(line for line in running.stdout if "::" in line)
        running.send_signal(signal.SIGTERM)
        running.stdout.read()

    assert (running.returncode, place.verdict("by-signal")["outcome"]) == (2, "INCONCLUSIVE")
    assert left(place) == []


def test_a_bad_release_is_a_no_go_with_the_exit_code_of_gate_run(place: Place) -> None:
    """Last, for it changes what is deployed."""
    place.sandbox.deploy("frontend", BAD)
    code, _ = place.pytest(run="bad-by-pytest")

    assert (code, place.gate_run("bad-by-gate")) == (1, 1)
    assert place.verdict("bad-by-pytest")["outcome"] == "NO_GO"
    assert place.judged("bad-by-pytest") == place.judged("bad-by-gate")
