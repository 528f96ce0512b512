"""What the tests of operating commands share."""

from __future__ import annotations

import pytest

from gates import wiring
from gates.cli import operating
from tests.support.fake_room import FakeRoom


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> FakeRoom:
    """A control room over fakes in the place of the real one."""
    made = FakeRoom()
    monkeypatch.setattr(wiring, "House", made)
    monkeypatch.setattr(operating, "ControlRoom", made)
    return made
