"""The composition of the operations: one environment's adapters behind the operations that need them.

As everywhere here, imports stand inside the methods: a command pays only for what it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from gates.composition.environment import Context

if TYPE_CHECKING:
    from gates.adapters.google.cloud_run_configuration import CloudRunConfiguration
    from gates.adapters.google.cloud_sql import CloudSql
    from gates.adapters.google.project_inventory import ProjectInventory
    from gates.adapters.runs.snapshots import SnapshotFolder
    from gates.adapters.services.operator_client import OperatorClient
    from gates.model.evidence import Window
    from gates.model.hardware import Reading
    from gates.operations.circuits import CircuitOperations
    from gates.operations.cold_start import ColdStart
    from gates.operations.database import DatabaseOperations
    from gates.operations.maintenance import Maintenance
    from gates.operations.performing import Performer
    from gates.operations.redeploying import Redeployment
    from gates.operations.scaling import ScalingOperations
    from gates.operations.service_levels import ServiceLevels
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
        for name in ("services", "configuration", "sql"):
            if name in self.__dict__:
                self.__dict__[name].close()

    @property
    def why_unshared(self) -> str:
        """Why commands cannot share a session; empty when they can, or when none was needed."""
        return self.services.why_unshared if "services" in self.__dict__ else ""

    @cached_property
    def performer(self) -> Performer:
        """Who does things, and records them."""
        from gates.adapters.machine.clock import SystemClock
        from gates.operations.performing import Performer

        place = self.context.environment.name
        return Performer(self.context.ledger, SystemClock(), environment=place, by=self.by)

    @cached_property
    def services(self) -> OperatorClient:
        """The services' own endpoints for operators."""
        from gates.adapters.machine.clock import SystemClock
        from gates.adapters.machine.personal_files import personal_files
        from gates.adapters.services.operator_client import OperatorClient

        def ask(service: str) -> str:
            return self.context.cloud.describe(service).uri

        wait = SystemClock().wait
        context = self.context
        return OperatorClient(context.environment, context.platform, ask, wait, personal_files(wait))

    @cached_property
    def configuration(self) -> CloudRunConfiguration:
        """How services are deployed."""
        from gates.adapters.google.cloud_run_configuration import CloudRunConfiguration
        from gates.adapters.machine.clock import SystemClock

        return CloudRunConfiguration(self.context.environment, SystemClock())

    @cached_property
    def circuits(self) -> CircuitOperations:
        """Circuit breakers and the cached-token fallback."""
        from gates.operations.circuits import CircuitOperations

        return CircuitOperations(self.services, self.performer, self.context.platform.circuits)

    @cached_property
    def scaling(self) -> ScalingOperations:
        """More instances, and back."""
        from gates.operations.scaling import ScalingOperations

        return ScalingOperations(self.configuration, self.performer)

    @cached_property
    def maintenance(self) -> Maintenance:
        """Maintenance mode."""
        from gates.operations.maintenance import Maintenance

        environment = self.context.environment
        return Maintenance(
            self.configuration,
            self.performer,
            self.context.ledger,
            image=environment.maintenance_image,
            cloud_name=environment.cloud_run_name,
        )

    @cached_property
    def sql(self) -> CloudSql:
        """The platform's database."""
        from gates.adapters.google.cloud_sql import CloudSql
        from gates.adapters.machine.clock import SystemClock

        return CloudSql(self.context.environment, SystemClock())

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
        from gates.composition.environment import reports_folder
        from gates.reporting.redaction import Redactor

        def clean(document: Mapping[str, object]) -> Mapping[str, object]:
            return Redactor(self.context.secrets)(document)

        return SnapshotFolder(reports_folder(), self.context.environment_name, clean)

    def drills(self) -> Drills:
        """Return rehearsed recoveries of what serves now."""
        from gates.adapters.machine.clock import SystemClock
        from gates.adapters.services.data_probe import OperatorDataProbe
        from gates.workflows.drills import DrillPorts, Drills
        from gates.workflows.survey import release_now

        context = self.context
        ports = DrillPorts(
            services=self.services,
            database=self.sql,
            configuration=self.configuration,
            traffic=context.cloud,
            probe=context.ports.probe,
            witness=OperatorDataProbe(self.services, context.platform),
            ledger=context.ledger,
            clock=SystemClock(),
        )
        release = release_now(context.ports, context.platform, context.environment)
        return Drills(ports, context.environment, context.platform, release)

    @cached_property
    def cold_start(self) -> ColdStart:
        """Cold starts, measured."""
        from gates.adapters.machine.clock import SystemClock
        from gates.adapters.services.tag_probe import TagProbe
        from gates.operations.cold_start import ColdStart

        context = self.context
        probe = TagProbe(context.environment, context.platform, context.cloud, SystemClock())
        return ColdStart(context.cloud, probe, self.performer)

    @cached_property
    def rollback_readiness(self) -> ReadinessCheck:
        """Proofs that a rollback would find what it needs."""
        from gates.adapters.machine.clock import SystemClock
        from gates.adapters.services.tag_probe import TagProbe
        from gates.workflows.rollback_readiness import ReadinessCheck

        context, clock = self.context, SystemClock()
        probe = TagProbe(context.environment, context.platform, context.cloud, clock)
        longest = context.platform.policy.rollback.proof.longest_start
        return ReadinessCheck(context.cloud, probe, context.ledger, clock, longest)

    @cached_property
    def redeployment(self) -> Redeployment:
        """Services from their recorded images."""
        from gates.operations.redeploying import Redeployment

        return Redeployment(self.configuration, self.performer, self.context.environment.cloud_run_name)

    def hardware(self, now: datetime, minutes: int) -> tuple[Reading, ...]:
        """Return what the infrastructure measured in the last minutes.

        Raises:
            CloudError: Monitoring does not answer.
        """
        from gates.adapters.google.hardware_metrics import HardwareMetrics

        context = self.context
        return HardwareMetrics(context.environment, context.platform.service_names).read(now, minutes)

    def service_levels(self, service: str, window: Window) -> ServiceLevels:
        """Return what Monitoring saw of the revision that serves.

        Raises:
            CloudError: Monitoring or the service cannot be read.
        """
        from gates.adapters.google.cloud_monitoring import CloudMonitoring
        from gates.operations.service_levels import ServiceLevels

        place, state = self.context.environment, self.context.cloud.describe(service)
        about = (place.cloud_run_name(service), state.sole_serving or state.latest_ready, window)
        monitoring = CloudMonitoring(place.project, place.endpoints.monitoring_grpc, region=place.region)
        try:
            requests = monitoring.request_count(*about)
            errors = monitoring.error_ratio(*about)
            latency = monitoring.latency_percentile(*about)
        finally:
            monitoring.close()
        return ServiceLevels(
            service=service,
            requests=requests.samples if requests is not None else 0,
            error_ratio=errors.measurement.value if errors is not None else None,
            p95_ms=latency.measurement.value if latency is not None else None,
        )

    def peak_instances(self, service: str, revision: str, window: Window) -> float | None:
        """Return the highest number of instances of a revision in the window, None without data.

        Raises:
            CloudError: Monitoring does not answer.
        """
        from gates.adapters.google.cloud_monitoring import CloudMonitoring

        place = self.context.environment
        monitoring = CloudMonitoring(place.project, place.endpoints.monitoring_grpc, region=place.region)
        try:
            found = monitoring.instance_count(place.cloud_run_name(service), revision, window)
        finally:
            monitoring.close()
        return None if found is None else found.measurement.value

    @cached_property
    def build_rollback(self) -> BuildRollback:
        """Rollbacks that a build carries out."""
        from gates.adapters.google.cloud_build import CloudBuild
        from gates.workflows.build_rollback import BuildRollback

        place = self.context.environment
        return BuildRollback(CloudBuild(place), self.context.ports, self.performer, place.name)

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
            levels=self.service_levels,
            begin=beginning(context, LONGEST_S),
            by=self.by,
        )

    @cached_property
    def planner(self) -> RollbackPlanner:
        """What says what a rollback would do."""
        from gates.workflows.rollback_planner import RollbackPlanner

        return RollbackPlanner(self.context.environment, self.context.platform, self.context.ports)
