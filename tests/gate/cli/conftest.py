"""What the tests of operating commands share."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from gates import composition
from gates.cli import command as command_module
from gates.model.release import RevisionRef
from tests.support import builders
from tests.support.fake_context import FakeContext
from tests.support.fake_room import PLATFORM, FakeOperations
from tests.support.release_run import Run, healthy


@pytest.fixture(autouse=True)
def no_earlier_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder for reports of its own: what was run in this checkout decides no test."""
    monkeypatch.setenv(composition.REPORTS_VARIABLE, str(tmp_path / "no-runs"))


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that wraps nothing, wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "500")


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> FakeOperations:
    """Operations over fakes in the place of the real ones."""
    made = FakeOperations()
    monkeypatch.setattr(composition, "Context", made)
    monkeypatch.setattr(command_module, "OperationsContext", made)
    return made


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeContext:
    """Two services: `a`, whose older revision has a GO on record, and `b`, which depends on it."""
    place = builders.environment(service_name="isectech-{service}-sandbox", allowed_impacts=())
    made = FakeContext(Run(healthy, platform=PLATFORM, place=place), tmp_path).installed(monkeypatch)
    made.ledger.goes["sandbox", "a"] = [RevisionRef(name="a-1", digest="sha256:a-1")]
    monkeypatch.setenv("GATE_ENV", "sandbox")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return made
