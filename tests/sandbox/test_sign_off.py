"""docs/sign-off.md leads a stranger from a fresh sandbox to a signed GO: its own commands, as they stand."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gates.adapters.runs.run_folder import RunFolder
from gates.model.judgement import Outcome
from gates.model.statement import StatementKind
from gates.model.verdict import VerdictOutcome
from gates.reporting.redaction import Redactor

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "sign-off.md"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
MOST_COMMANDS, MOST_SECONDS = 12, 600
WHOLE = "GATE_SIGN_OFF"
"""The variable that lets the page be typed: it takes minutes, so `make test` leaves it to `make sign-off`."""
INCONCLUSIVE = 10
_PATIENCE_S = 1_800


def commands() -> list[str]:
    """Return every command of the page, in its order."""
    text = PAGE.read_text(encoding="utf-8")
    return [line for block in BLOCK.findall(text) for line in block.splitlines() if line.strip()]


@dataclass(frozen=True)
class Typed:
    """What came of typing the page: the folder, and each command with its exit code."""

    folder: Path
    ended: dict[str, int]
    seconds: float

    def code_of(self, words: str) -> int:
        """Return the exit code of the only command that has these words."""
        (code,) = (code for command, code in self.ended.items() if words in command)
        return code


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed]:
    """Type the page in a folder that looks like the project, as one who has nothing but the page."""
    if not os.environ.get(WHOLE):
        pytest.skip(f"takes minutes: make sign-off ({WHOLE}=1)")
    folder = tmp_path_factory.mktemp("project")
    for entry in ROOT.iterdir():
        if entry.name not in {".sandbox", "reports", ".git"}:
            (folder / entry.name).symlink_to(entry)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GATE_")}
    platform, *rest = commands()
    assert platform == "make sandbox"
    with (
        (folder / "sandbox.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "sandbox", "up"], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
        ) as running,
    ):
        assert running.stdout is not None
        assert running.stdout.readline(), (folder / "sandbox.log").read_text()
        started = time.monotonic()
        ended = {
            command: subprocess.run(
                ["bash", "-c", command], cwd=folder, env=plain, timeout=_PATIENCE_S, check=False
            ).returncode
            for command in rest
        }
        yield Typed(folder, ended, time.monotonic() - started)
        running.send_signal(signal.SIGTERM)


def test_the_page_has_at_most_twelve_commands() -> None:
    """A longer page means that the tool asks for too much."""
    assert 1 < len(commands()) <= MOST_COMMANDS


def test_each_command_ends_as_the_page_says(typed: Typed) -> None:
    """The looks are open until people answer; everything else is done."""
    open_ones = ["--stage extended", "--release sign-off", "--stage readiness --run reports/sign-off\n"]
    open_ones += [] if shutil.which("chromium") else ["synthetic --all"]
    found = {
        command: code
        for command, code in typed.ended.items()
        if code != (INCONCLUSIVE if any(words in f"{command}\n" for words in open_ones) else 0)
    }

    assert found == {}


def test_the_page_ends_with_a_signed_go(typed: Typed) -> None:
    """The verdict is GO in full scope, and all four roles signed exactly that evidence."""
    opened = RunFolder.open(typed.folder / "reports" / "sign-off-judged-2", Redactor())
    verdict = opened.read_verdict()
    signed = list((typed.folder / "reports" / "attestations").glob(f"{StatementKind.APPROVAL}-*.sig"))

    assert (verdict.outcome, verdict.scope.is_partial) == (VerdictOutcome.GO, False)
    assert len(signed) == 4
    assert typed.code_of("approvals --env sandbox --stage readiness --run reports/sign-off-judged-2") == 0


def test_nothing_failed_before_anybody_signed(typed: Typed) -> None:
    """What has no record yet is open, never a failure of the platform."""
    verdict = RunFolder.open(typed.folder / "reports" / "sign-off", Redactor()).read_verdict()

    assert verdict.outcome is VerdictOutcome.INCONCLUSIVE
    outcomes = {one.outcome for one in verdict.judgements if not one.is_waived}
    assert outcomes.isdisjoint({Outcome.FAIL, Outcome.ERROR})


def test_the_page_takes_at_most_ten_minutes(typed: Typed) -> None:
    """Measured on a machine that does nothing else."""
    if os.environ[WHOLE] == "busy":
        pytest.skip("the machine does something else beside")
    assert typed.seconds <= MOST_SECONDS
