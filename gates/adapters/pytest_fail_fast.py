"""Ends a test run at the first blocking failure: enough for NO_GO, and seconds count on the way back."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gates.model.target import Demand


class FailFast:
    """A pytest plugin object; a broken producer or a criterion that does not block ends nothing."""

    def __init__(self, demands: Iterable[Demand]) -> None:
        self._blocking = {demand.criterion for demand in demands if demand.blocks}
        self._session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember whom to end."""
        self._session = session

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at one phase of a test."""
        properties = [(str(name), str(value)) for name, value in report.user_properties]
        failed = report.when == "call" and report.failed and ("raised", "assertion") in properties
        blocking = [value for name, value in properties if name == "criterion" and value in self._blocking]
        if failed and blocking and self._session is not None:
            self._session.shouldfail = f"{blocking[0]} failed, and the run was to end there"
