"""The one stand-in for `composition.OperationsContext`: operations over fakes of their ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gates.actions.ports import RollbackPorts
from gates.adapters.runs.snapshots import SnapshotFolder
from gates.errors import EvidenceError
from gates.model.criterion import (
    Catalogue,
    Comparator,
    Criterion,
    FailureAction,
    Priority,
    Severity,
    Stage,
    Use,
)
from gates.model.decision import RollBack, RollbackPlan
from gates.model.evidence import Window
from gates.model.hardware import Reading
from gates.model.inventory import Image
from gates.model.platform import (
    Environment,
    Impact,
    MatrixRow,
    Platform,
    Policy,
    ScalingPolicy,
    ServiceSpec,
    Tier,
)
from gates.operations.circuits import CircuitOperations
from gates.operations.cold_start import ColdStart
from gates.operations.database import DatabaseOperations
from gates.operations.inventory import NEEDED_APIS
from gates.operations.maintenance import Maintenance
from gates.operations.performing import Performer
from gates.operations.redeploying import Redeployment
from gates.operations.scaling import ScalingOperations
from gates.operations.service_levels import ServiceLevels
from gates.workflows.build_rollback import BuildRollback
from tests.support.builders import CIRCUITS, SIGN_IN, back, criterion
from tests.support.builders import environment as place
from tests.support.fake_cloud import EPOCH, FakeCloud, FakeLedger, fake_ports, two_revisions
from tests.support.fake_journal import FakeJournal
from tests.support.fake_operations import (
    FakeConfiguration,
    FakeDatabase,
    FakeOperationsLedger,
    FakeServices,
    circuit,
    database,
    performer,
    settings,
)

PLATFORM = Platform(
    name="x",
    services=(
        ServiceSpec(name="a", title="a", tier="critical", is_public=True),
        ServiceSpec(name="b", title="b", tier="critical", depends_on=("a",)),
    ),
    tiers=(
        Tier(name="critical", rto=timedelta(minutes=15), rpo=timedelta(minutes=5), strategy="two regions"),
    ),
    matrix=(
        MatrixRow(priority=Priority.P0, response_time=None, rollback_type="automated", authority="on-call"),
        MatrixRow(priority=Priority.P3, response_time=None, rollback_type="scheduled", authority="owner"),
    ),
    roles=("on-call", "owner"),
    digest="sha256:p",
    policy=Policy(scaling=ScalingPolicy(warm_tiers=("critical",))),
    sign_in=SIGN_IN,
    circuits=CIRCUITS,
)


def environment(*, is_protected: bool = False) -> Environment:
    """Return an environment of two services."""
    return place(
        allowed_impacts=(Impact.DISRUPTIVE,),
        is_protected=is_protected,
        database="the-db",
        image_repository="repo",
        maintenance_image="page:1",
    )


def _level(use: Use, threshold: float) -> Criterion:
    return criterion(
        id=f"LEVEL-{use.upper()}",
        used_for=(use,),
        category="service-levels",
        severity=Severity.CRITICAL,
        stages=(Stage.EXTENDED,),
        services=("a",),
        failure_action=FailureAction.INVESTIGATE,
        priority=Priority.P2,
        comparator=Comparator.LT,
        threshold=threshold,
        unit="ms" if use is Use.LATENCY_LEVEL else "ratio",
        minimum_samples=2995,
        max_age=timedelta(hours=24),
    )


@dataclass
class FakeInventory:
    """A project with everything, and an image for every revision of service a."""

    state: str = "ACTIVE"
    apis: frozenset[str] = frozenset(NEEDED_APIS)
    stored: tuple[Image, ...] = (
        Image(package="a", digest="sha256:a-1", tags=("1",), uploaded_at=EPOCH),
        Image(package="a", digest="sha256:a-2", tags=(), uploaded_at=EPOCH),
    )

    def project_state(self) -> str:
        """Return the project's state."""
        return self.state

    def enabled_apis(self) -> frozenset[str]:
        """Return the enabled APIs."""
        return self.apis

    def images(self) -> tuple[Image, ...]:
        """Return the images."""
        return self.stored


@dataclass
class FakeOperations:
    """Context and operations in one; stands in for both classes."""

    environment: Environment = field(default_factory=environment)
    platform: Platform = PLATFORM
    ledger: FakeOperationsLedger = field(default_factory=FakeOperationsLedger)
    services: FakeServices = field(
        default_factory=lambda: FakeServices(breakers={"a": [circuit("b"), circuit("c", "open")]})
    )
    configuration: FakeConfiguration = field(
        default_factory=lambda: FakeConfiguration(services={name: settings(name) for name in "ab"})
    )

    why_unshared: str = ""
    environment_name: str = "sandbox"
    by: str = "ann"
    sql: FakeDatabase = field(default_factory=database)
    inventory: FakeInventory = field(default_factory=FakeInventory)
    cloud: FakeCloud = field(
        default_factory=lambda: FakeCloud(services={name: two_revisions(name) for name in "ab"})
    )
    snapshots: SnapshotFolder = field(
        default_factory=lambda: SnapshotFolder(Path("nowhere"), "sandbox", lambda document: document)
    )

    def __call__(self, *_what: object, **_how: object) -> FakeOperations:
        """Stand in for the class."""
        return self

    peak: float | None = 1.0
    readings: tuple[Reading, ...] = ()
    drilling: Any = None
    rollback_readiness: Any = None

    def drills(self) -> Any:
        """Return what a test says."""
        return self.drilling

    @property
    def redeployment(self) -> Redeployment:
        """Redeployment over the fakes."""
        return Redeployment(self._rollback, performer(self.ledger), self.environment.cloud_run_name)

    @property
    def cold_start(self) -> ColdStart:
        """Cold starts over the fakes."""
        return ColdStart(self.cloud, self, performer(self.ledger, self.cloud.clock))

    def wait_for_tag(self, service: str, tag: str) -> None:
        """Answer at once."""

    levels: ServiceLevels = field(
        default_factory=lambda: ServiceLevels(service="a", requests=3000, error_ratio=0.0, p95_ms=120.0)
    )

    @property
    def catalogue(self) -> Catalogue:
        """Two criteria of service levels."""
        return Catalogue(
            criteria=(_level(Use.ERROR_LEVEL, 0.001), _level(Use.LATENCY_LEVEL, 2000)), digest="d"
        )

    @property
    def performer(self) -> Performer:
        """A performer over the fakes."""
        return performer(self.ledger)

    @property
    def metrics(self) -> FakeOperations:
        """Itself."""
        return self

    def service_levels(self, service: str, window: Window) -> ServiceLevels:
        """Return what a test says."""
        return self.levels

    def hardware(self, now: datetime, minutes: int) -> tuple[Reading, ...]:
        """Return what a test says."""
        return self.readings

    def peak_instances(self, service: str, revision: str, window: Window) -> float | None:
        """Return what a test says."""
        return self.peak

    @property
    def build_rollback(self) -> BuildRollback:
        """Rollbacks by a build, which stands in for itself."""
        ports = fake_ports(self.cloud, FakeLedger(clock=self.cloud.clock))
        return BuildRollback(self, ports, performer(self.ledger, self.cloud.clock), "sandbox")

    @property
    def planner(self) -> FakeOperations:
        """Itself."""
        return self

    def guard(self, plan: RollbackPlan, **_how: object) -> RollbackPlan:
        """Refuse nothing."""
        return plan

    def plan(self, services: Sequence[str], *, reason: str) -> RollbackPlan:
        """Return a plan to the older revision of each."""
        actions = (back(name, reason="") for name in services)
        return RollbackPlan(waves=(tuple(actions),))

    def steps(self, actions: Sequence[RollBack]) -> tuple[tuple[str, ...], ...]:
        """Return one step for each."""
        return tuple(("move", action.service) for action in actions)

    def run(self, actions: Sequence[RollBack]) -> str:
        """Build: every service is moved at once."""
        for action in actions:
            state = self.cloud.describe(action.service)
            self.cloud.shift(action.service, state.traffic.all_to(action.to_revision), state.etag)
        return "b-1"

    def answering_revision(self, service: str) -> str | None:
        """Answer as the older revision."""
        return f"{service}-1"

    stuck: set[str] = field(default_factory=set)

    def target(self, service: str) -> str:
        """Return the older of two revisions, unless the service is stuck."""
        if service in self.stuck:
            raise EvidenceError(f"{service} has nothing to go back to")
        return f"{service}-1"

    journal: FakeJournal = field(default_factory=FakeJournal)

    @property
    def ports(self) -> FakeOperations:
        """Where the journal is."""
        return self

    def close(self) -> None:
        """Nothing is open."""

    @property
    def circuits(self) -> CircuitOperations:
        """Circuit operations over the fakes."""
        return CircuitOperations(self.services, performer(self.ledger), CIRCUITS)

    @property
    def database(self) -> DatabaseOperations:
        """Database operations over the fakes."""
        return DatabaseOperations(self.sql, performer(self.ledger))

    @property
    def scaling(self) -> ScalingOperations:
        """Scaling over the fakes."""
        return ScalingOperations(self.configuration, performer(self.ledger))

    @property
    def maintenance(self) -> Maintenance:
        """Maintenance over the fakes."""
        return Maintenance(
            self._rollback,
            performer(self.ledger),
            image=self.environment.maintenance_image,
            cloud_name=self.environment.cloud_run_name,
        )

    @property
    def _rollback(self) -> RollbackPorts:
        return fake_ports(self.cloud, self.ledger, self.journal)
