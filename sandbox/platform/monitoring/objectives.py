"""Services and their service level objectives: ServiceMonitoringService."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from google.cloud import monitoring_v3

from sandbox.platform.api_errors import Violation
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.monitoring.collection import Collection
from sandbox.platform.requests import require_project

_DAY_S: Final = 24 * 3600
_LONGEST_DAYS: Final = 30
_HIGHEST_GOAL: Final = 0.9999


class Objectives:
    """All monitored services of the project and their objectives."""

    def __init__(self, project: str) -> None:
        self.services = Collection(
            monitoring_v3,
            "Service",
            "services",
            check=_service_flaws,
            require_parent=partial(require_project, project=project),
        )
        self.objectives = Collection(
            monitoring_v3,
            "ServiceLevelObjective",
            "serviceLevelObjectives",
            check=_objective_flaws,
            require_parent=self.services.get,
        )

    def names(self) -> frozenset[str]:
        return frozenset(one.name for one in self.objectives.all)

    def tables(self) -> dict[str, Methods]:
        methods = {**self.services.methods(), **self.objectives.methods()}
        return {"google.monitoring.v3.ServiceMonitoringService": methods}


def _service_flaws(service: Any) -> list[Violation]:
    return [] if service.WhichOneof("identifier") else [Violation("service.identifier", "is required")]


def _objective_flaws(objective: Any) -> list[Violation]:
    flaws = []
    if not 0 < objective.goal <= _HIGHEST_GOAL:
        flaws.append(
            Violation("service_level_objective.goal", f"must be above 0 and at most {_HIGHEST_GOAL}")
        )
    if not objective.service_level_indicator.WhichOneof("type"):
        flaws.append(Violation("service_level_objective.service_level_indicator", "is required"))
    period = objective.WhichOneof("period")
    days = objective.rolling_period.ToTimedelta().total_seconds() / _DAY_S
    if period is None or (period == "rolling_period" and days not in range(1, _LONGEST_DAYS + 1)):
        flaws.append(Violation("service_level_objective.rolling_period", "must be 1 to 30 whole days"))
    return flaws
