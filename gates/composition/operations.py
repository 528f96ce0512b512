"""The composition of the operations: one environment's adapters behind the operations that need them.

As everywhere here, imports stand inside the methods: a command pays only for what it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gates.adapters.machine import clock
from gates.adapters.machine.settings import reports_folder
from gates.composition.environment import Context

if TYPE_CHECKING:
    from gates.adapters.google.cloud_run import CloudRun
    from gates.adapters.google.cloud_sql import CloudSql
    from gates.adapters.google.platform_metrics import PlatformMetrics
    from gates.adapters.google.project_inventory import ProjectInventory
    from gates.adapters.runs.snapshots import SnapshotFolder
    from gates.adapters.services.operator_client import OperatorClient
    from gates.model.state import ServiceState
    from gates.operations.circuits import CircuitOperations
    from gates.operations.cold_start import ColdStart
    from gates.operations.database import DatabaseOperations
    from gates.operations.maintenance import Maintenance
    from gates.operations.performing import Performer
    from gates.operations.redeploying import Redeployment
    from gates.operations.scaling import ScalingOperations
    from gates.workflows.build_rollback import BuildRollback
    from gates.workflows.drills import Drills
    from gates.workflows.planned_work import PlannedPorts
    from gates.workflows.rollback_planner import RollbackPlanner
    from gates.workflows.rollback_readiness import ReadinessCheck


@dataclass(frozen=True)
class OperationsContext:
    """What can be done to one environment, in the name of one person."""

    context: Context
    by: str

    def close(self) -> None:
        """Close every connection that was opened."""
        for name in ("services", "sql"):
            if name in self.__dict__:
                self.__dict__[name].close()

    @property
    def why_unshared(self) -> str:
        """Why commands cannot share a session; empty when they can, or when none was needed."""
        return self.services.why_unshared if "services" in self.__dict__ else ""

    @cached_property
    def performer(self) -> Performer:
        """Who does things, and records them."""
        from gates.operations.performing import Performer

        place = self.context.environment.name
        return Performer(self.context.ledger, clock.SystemClock(), environment=place, by=self.by)

    @cached_property
    def services(self) -> OperatorClient:
        """The services' own endpoints for operators."""
        from gates.adapters.machine.personal_files import personal_files
        from gates.adapters.services.operator_client import OperatorClient

        def describe(service: str) -> ServiceState:
            return self.context.cloud.describe(service)

        wait, context = clock.SystemClock().wait, self.context
        return OperatorClient(context.environment, context.platform, describe, wait, personal_files())

    @property
    def configuration(self) -> CloudRun:
        """How services are scaled and configured."""
        return self.context.cloud

    @cached_property
    def circuits(self) -> CircuitOperations:
        """Circuit breakers and the cached-token fallback."""
        from gates.operations.circuits import CircuitOperations

        return CircuitOperations(self.services, self.performer, self.context.platform.circuits)

    @cached_property
    def scaling(self) -> ScalingOperations:
        """More instances, and back."""
        from gates.operations.scaling import ScalingOperations

        return ScalingOperations(self.context.cloud, self.performer)

    @cached_property
    def maintenance(self) -> Maintenance:
        """Maintenance mode."""
        from gates.operations.maintenance import Maintenance

        environment = self.context.environment
        return Maintenance(
            self.context.ports,
            self.performer,
            image=environment.maintenance_image,
            cloud_name=environment.cloud_run_name,
        )

    @cached_property
    def sql(self) -> CloudSql:
        """The platform's database."""
        from gates.adapters.google.cloud_sql import CloudSql

        return CloudSql(self.context.environment, clock.SystemClock())

    @cached_property
    def database(self) -> DatabaseOperations:
        """What is done to the database."""
        from gates.operations.database import DatabaseOperations

        return DatabaseOperations(self.sql, self.performer)

    @cached_property
    def inventory(self) -> ProjectInventory:
        """The project, its APIs, its images."""
        from gates.adapters.google.project_inventory import ProjectInventory

        return ProjectInventory(self.context.environment)

    @cached_property
    def snapshots(self) -> SnapshotFolder:
        """The configuration snapshots of this environment."""
        from gates.adapters.runs.snapshots import SnapshotFolder

        def clean(document: Mapping[str, object]) -> Mapping[str, object]:
            return self.context.redactor(document)

        return SnapshotFolder(reports_folder(), self.context.environment_name, clean)

    def drills(self) -> Drills:
        """Return rehearsed recoveries of what serves now."""
        from gates.adapters.services.data_probe import OperatorDataProbe
        from gates.workflows.drills import DrillPorts, Drills
        from gates.workflows.survey import release_now

        context = self.context
        ports = DrillPorts(
            services=self.services,
            database=self.sql,
            traffic=context.cloud,
            probe=context.ports.probe,
            witness=OperatorDataProbe(self.services, context.platform),
            ledger=context.ledger,
            clock=clock.SystemClock(),
        )
        release = release_now(context.ports, context.platform, context.environment)
        return Drills(ports, context.environment, context.platform, release)

    @cached_property
    def cold_start(self) -> ColdStart:
        """Cold starts, measured."""
        from gates.adapters.services.tag_probe import TagProbe
        from gates.operations.cold_start import ColdStart

        context = self.context
        probe = TagProbe(context.environment, context.platform, context.cloud, clock.SystemClock())
        return ColdStart(context.cloud, probe, self.performer)

    @cached_property
    def rollback_readiness(self) -> ReadinessCheck:
        """Proofs that a rollback would find what it needs."""
        from gates.adapters.services.tag_probe import TagProbe
        from gates.workflows.rollback_readiness import ReadinessCheck

        context = self.context
        probe = TagProbe(context.environment, context.platform, context.cloud, clock.SystemClock())
        longest = context.platform.policy.rollback.proof.longest_start
        return ReadinessCheck(context.cloud, probe, context.ledger, clock.SystemClock(), longest)

    @cached_property
    def redeployment(self) -> Redeployment:
        """Services from their recorded images."""
        from gates.operations.redeploying import Redeployment

        return Redeployment(self.context.ports, self.performer, self.context.environment.cloud_run_name)

    @cached_property
    def metrics(self) -> PlatformMetrics:
        """What Monitoring saw."""
        from gates.adapters.google.platform_metrics import PlatformMetrics

        context = self.context
        return PlatformMetrics(context.environment, context.platform.service_names, context.cloud.describe)

    @cached_property
    def build_rollback(self) -> BuildRollback:
        """Rollbacks that a build carries out."""
        from gates.adapters.google.cloud_build import CloudBuild
        from gates.workflows.build_rollback import BuildRollback

        place = self.context.environment
        cloud_build = CloudBuild(place, fence=lambda: self.context.journal.fence(place.name))
        return BuildRollback(cloud_build, self.context.ports, self.performer, place.name)

    @property
    def planned(self) -> PlannedPorts:
        """What a planned rollback needs."""
        from gates.composition.runs import beginning
        from gates.workflows.planned_work import LONGEST_S, PlannedPorts

        context = self.context
        return PlannedPorts(
            environment=context.environment,
            platform=context.platform,
            rollback=context.ports,
            ledger=context.ledger,
            maintenance=self.maintenance,
            health=lambda name: self.services.health(name),  # noqa: PLW0108 - opened when asked
            database=lambda: self.sql.state(),  # noqa: PLW0108
            levels=lambda service, window: self.metrics.service_levels(service, window),  # noqa: PLW0108
            begin=beginning(context, LONGEST_S),
            by=self.by,
        )

    @cached_property
    def planner(self) -> RollbackPlanner:
        """What says what a rollback would do."""
        from gates.workflows.rollback_planner import RollbackPlanner

        return RollbackPlanner(self.context.environment, self.context.platform, self.context.ports)
