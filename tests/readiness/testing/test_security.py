"""TST-03: the security tests completed without an open serious finding."""

from __future__ import annotations

import pytest

from gates.model.history import PastRun
from gates.model.target import Target
from tests.readiness.records import demand_held


@pytest.mark.criterion("TST-03")
def test_no_open_finding(target: Target, history: tuple[PastRun, ...]) -> None:
    """Every blocking security check was run about these images, and the last word on each is PASS."""
    demand_held(history, target, "SEC-")
