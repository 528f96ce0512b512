"""What the tests of operating commands share."""

from __future__ import annotations

import pytest

from gates import wiring
from gates.cli import operating
from tests.support.fake_room import FakeRoom


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that wraps nothing, wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "500")


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> FakeRoom:
    """A control room over fakes in the place of the real one."""
    made = FakeRoom()
    monkeypatch.setattr(wiring, "House", made)
    monkeypatch.setattr(operating, "ControlRoom", made)
    return made
