"""TST-02: a load test of the agreed size and length completed within the service levels."""

from __future__ import annotations

import pytest

from gates.model.history import PastRun
from gates.model.target import Target
from tests.readiness.loads import demand_load


@pytest.mark.criterion("TST-02")
def test_load_was_completed(target: Target, history: tuple[PastRun, ...]) -> None:
    """The gate's own record of it, about these images."""
    demand_load(history, target)
