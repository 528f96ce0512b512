"""Services and their service level objectives: ServiceMonitoringService."""

from __future__ import annotations

from typing import Any, Final

from google.cloud import monitoring_v3

from sandbox.platform.api_errors import Violation
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.monitoring.collection import Collection
from sandbox.platform.monitoring.project import require_parent

SERVICE: Final = "google.monitoring.v3.ServiceMonitoringService"
_DAY_S: Final = 24 * 3600
_LONGEST_DAYS: Final = 30
_HIGHEST_GOAL: Final = 0.9999


class Objectives:
    """All monitored services of the project and what is promised of them."""

    def __init__(self, project: str) -> None:
        self._project = project
        self.services = Collection("services", monitoring_v3.Service.pb(), _service_flaws)
        self.objectives = Collection(
            "serviceLevelObjectives", monitoring_v3.ServiceLevelObjective.pb(), _objective_flaws
        )

    def names(self) -> frozenset[str]:
        """Names of all objectives."""
        return frozenset(one.name for one in self.objectives.all)

    def tables(self) -> dict[str, Methods]:
        """Return the methods of the service."""
        api = monitoring_v3
        return {
            SERVICE: {
                "ListServices": (api.ListServicesRequest.pb(), self.list_services),
                "GetService": (api.GetServiceRequest.pb(), lambda r, _: self.services.get(r.name)),
                "CreateService": (api.CreateServiceRequest.pb(), self.create_service),
                "DeleteService": (api.DeleteServiceRequest.pb(), lambda r, _: self.services.delete(r.name)),
                "ListServiceLevelObjectives": (
                    api.ListServiceLevelObjectivesRequest.pb(),
                    self.list_objectives,
                ),
                "GetServiceLevelObjective": (
                    api.GetServiceLevelObjectiveRequest.pb(),
                    lambda r, _: self.objectives.get(r.name),
                ),
                "CreateServiceLevelObjective": (
                    api.CreateServiceLevelObjectiveRequest.pb(),
                    self.create_objective,
                ),
                "UpdateServiceLevelObjective": (
                    api.UpdateServiceLevelObjectiveRequest.pb(),
                    lambda r, _: self.objectives.update(r.service_level_objective, r.update_mask),
                ),
                "DeleteServiceLevelObjective": (
                    api.DeleteServiceLevelObjectiveRequest.pb(),
                    lambda r, _: self.objectives.delete(r.name),
                ),
            }
        }

    def list_services(self, request: Any, _caller: str) -> Any:
        """Return a page of the services."""
        found, token, _ = self.services.page(require_parent(request.parent, self._project), request)
        return monitoring_v3.ListServicesResponse.pb()(services=found, next_page_token=token)

    def create_service(self, request: Any, _caller: str) -> Any:
        """Keep a new service."""
        parent = require_parent(request.parent, self._project)
        return self.services.add(parent, request.service, request.service_id)

    def list_objectives(self, request: Any, _caller: str) -> Any:
        """Return a page of a service's objectives."""
        self.services.get(request.parent)
        found, token, _ = self.objectives.page(request.parent, request)
        return monitoring_v3.ListServiceLevelObjectivesResponse.pb()(
            service_level_objectives=found, next_page_token=token
        )

    def create_objective(self, request: Any, _caller: str) -> Any:
        """Keep a new objective of a service."""
        self.services.get(request.parent)
        return self.objectives.add(
            request.parent, request.service_level_objective, request.service_level_objective_id
        )


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
