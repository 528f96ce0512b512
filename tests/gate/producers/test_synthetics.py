"""MON-07: a journey that never ran is not run; one that failed or stopped is red."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gates.model.target import Demand
from journeys.checks import DemandNotMetError
from journeys.registry import JOURNEYS
from tests.readiness.monitoring.test_synthetics import test_journeys_are_recent as journeys_are_recent
from tests.support import builders

TARGET = builders.target(
    environment="staging",
    fingerprint="sha256:this",
    allowed_impacts=(),
    demands=(Demand(criterion="MON-07", services=("platform",), max_age_s=3_600.0),),
)
NOW = datetime.now(UTC)


class Log:
    """The log of the journeys, newest entry only."""

    def __init__(
        self, *, without: tuple[str, ...] = (), age: timedelta = timedelta(0), passed: bool = True
    ) -> None:
        self._without, self._at, self._passed = without, NOW - age, passed

    def list_log_entries(self, *, request: dict[str, Any], timeout: float) -> list[SimpleNamespace]:
        """Return the entry of the journey that the filter names, if it ran."""
        assert timeout > 0
        if any(f'"{journey}"' in request["filter"] for journey in self._without):
            return []
        return [SimpleNamespace(timestamp=self._at, json_payload={"passed": self._passed})]


def look(log: Log) -> None:
    """Look at the log."""
    journeys_are_recent(TARGET, lambda _client: log)


@pytest.mark.parametrize("without", [tuple(JOURNEYS), tuple(JOURNEYS)[:1]])
def test_a_journey_that_never_ran_is_not_run_and_names_its_command(without: tuple[str, ...]) -> None:
    """On a fresh platform nothing is wrong yet."""
    look(Log())
    with pytest.raises(pytest.skip.Exception, match="run: `gate synthetic --all --env staging`"):
        look(Log(without=without))


@pytest.mark.parametrize("log", [Log(age=timedelta(days=2)), Log(passed=False)])
def test_a_journey_that_stopped_or_failed_is_red(log: Log) -> None:
    """Whatever else never ran."""
    with pytest.raises(DemandNotMetError):
        look(log)


def test_a_failure_outweighs_what_never_ran() -> None:
    """A skip must not hide it."""
    with pytest.raises(DemandNotMetError):
        look(Log(without=tuple(JOURNEYS)[:1], passed=False))
