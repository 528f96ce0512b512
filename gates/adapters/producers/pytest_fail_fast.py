"""Ends a test run at the first blocking failure: enough for NO_GO, and seconds count before a rollback.

Nothing is decided here: the gate judges what was seen until then. A number that does not hold ends the run as
a failed check does, once it rests on as many samples as its criterion wants.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import pytest

from gates.judgement.comparators import holds
from gates.model.target import Demand


class FailFast:
    """A pytest plugin object; a broken producer or a criterion that does not block ends nothing."""

    def __init__(self, demands: Iterable[Demand]) -> None:
        self._blocking = {demand.criterion: demand for demand in demands if demand.blocks}
        self._session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember whom to end."""
        self._session = session

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at one phase of a test."""
        if report.when != "call" or self._session is None:
            return
        properties = [(str(name), str(value)) for name, value in report.user_properties]
        about = [self._blocking[v] for name, v in properties if name == "criterion" and v in self._blocking]
        is_failed = report.failed and ("raised", "assertion") in properties
        measured = [json.loads(v) for name, v in properties if name == "measurement"] if report.passed else []
        missed = [demand for demand in about if is_failed or any(_is_missed(demand, m) for m in measured)]
        if missed:
            self._session.shouldfail = f"the look ended at the first blocking failure, {missed[0].criterion}"


def _is_missed(demand: Demand, measured: Mapping[str, object]) -> bool:
    value, samples = measured.get("value"), measured.get("samples")
    if measured.get("unit") != demand.unit or not isinstance(value, float | int):
        return False
    is_enough = isinstance(samples, int) and samples >= demand.minimum_samples
    return is_enough and not holds(value, demand.comparator, demand.threshold)
