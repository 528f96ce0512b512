"""What the tests of operating commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates import composition
from gates.cli import command as command_module
from tests.support.fake_room import FakeOperations


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
    """A control room over fakes in the place of the real one."""
    made = FakeOperations()
    monkeypatch.setattr(composition, "Context", made)
    monkeypatch.setattr(command_module, "OperationsContext", made)
    return made
