"""Nine services in a chain over a fake cloud, and the engine that rolls them back."""

from __future__ import annotations

from gates.actions.execute import ExecutionPolicy
from gates.model.platform import Platform, ServiceSpec
from gates.model.receipt import Receipt
from gates.model.rollback_policy import RollbackPolicy
from gates.workflows.rollback import RollbackEngine
from tests.support import builders
from tests.support.fake_cloud import FakeCloud, FakeLedger, fake_ports, two_revisions
from tests.support.fake_journal import FakeJournal

SERVICES = tuple("abcdefghi")
ENVIRONMENT = builders.environment(allowed_impacts=())
PLATFORM = Platform(
    name="x",
    services=tuple(
        ServiceSpec(name=name, title=name, tier="t", depends_on=tuple(before))
        for name, before in zip(SERVICES, ("", *SERVICES), strict=False)
    ),
    tiers=(),
    matrix=(),
    roles=(),
    digest="sha256:p",
)


class World:
    """Nine services in a chain, their ledger and journal, and an engine with the emergency strategy."""

    def __init__(self) -> None:
        self.cloud = FakeCloud(services={name: two_revisions(name) for name in SERVICES})
        self.ledger = FakeLedger(clock=self.cloud.clock)
        self.journal = FakeJournal()

    def engine(self, run_id: str = "r") -> RollbackEngine:
        """Return the engine of a new process."""
        ports = fake_ports(self.cloud, self.ledger, self.journal)
        policy = ExecutionPolicy(strategy=RollbackPolicy().emergency)
        return RollbackEngine(ENVIRONMENT, PLATFORM, ports, run_id=run_id, policy=policy)

    def roll_back(self) -> tuple[Receipt, ...]:
        """Roll everything back."""
        engine = self.engine()
        return engine.execute(engine.plan(SERVICES, reason="slow"), lambda _: None)

    @property
    def written(self) -> list[str]:
        """The services that were written, in order."""
        return [service for service, _ in self.cloud.writes]
