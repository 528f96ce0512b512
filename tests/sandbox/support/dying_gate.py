"""A process that rolls nine services back and can be made to die at any record of its journal.

It is started once, imports everything, and forks for each line that it reads, a JSON object: `environment`,
`ledger`, `die` (`{"kind": "intended", "number": 3, "when": "after"}` or null) and `resume`. It answers how
the fork ended: a negative number is the signal that killed it.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from gates.actions.execute import ExecutionPolicy
from gates.actions.ports import Lease, RollbackPorts
from gates.actions.traffic_move import Patience
from gates.adapters.documents import codec
from gates.adapters.google.cloud_run import CloudRun
from gates.adapters.google.image_registry import ImageRegistry
from gates.adapters.ledger.journal import SqliteJournal
from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.adapters.machine.clock import SystemClock
from gates.adapters.services.version_probe import VersionProbe
from gates.model.decision import RollBack, RollbackPlan
from gates.model.journal import UnfinishedRollback
from gates.model.platform import Environment, Platform, ServiceSpec
from gates.model.receipt import Receipt
from gates.model.rollback_policy import RollbackPolicy
from gates.model.traffic import TrafficSplit
from gates.workflows.rollback import RollbackEngine
from tests.support.sample_verdict import SERVICES

IMPORTED_LATE = "gates.adapters.services.name_server"
"""What the gate imports when it needs it: here once for all forks."""
LEASE = timedelta(seconds=0.3)
"""Nobody else wants the lease while a gate lives, and the next one soon takes it from a dead one."""
PATIENCE = Patience(answers=1, poll_s=0.02, confirm_s=0.01)
WAVES = (SERVICES[0:3], SERVICES[3:6], SERVICES[6:9])


def specs() -> tuple[ServiceSpec, ...]:
    """Return nine services in three layers: each depends on one of the layer before it."""
    needs = {name: before[i] for before, layer in pairwise(WAVES) for i, name in enumerate(layer)}
    return tuple(
        ServiceSpec(name=name, title=name, tier="t", depends_on=(needs[name],) if name in needs else ())
        for name in SERVICES
    )


@dataclass
class Death:
    """When to die: before or after the record of that kind with that number."""

    kind: str
    number: int
    when: str
    seen: int = 0

    def around(self, kind: str, write: Callable[[], None]) -> None:
        """Write, and die where it was wanted."""
        self.seen += kind == self.kind
        is_now = kind == self.kind and self.seen == self.number
        if is_now and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        write()
        if is_now:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class DyingLease:
    """A tenure that dies."""

    inner: Lease
    death: Death

    def begin(self, plan: RollbackPlan) -> None:
        """Begin, or die."""
        self.death.around("begun", lambda: self.inner.begin(plan))

    def intend(self, action: RollBack, before: TrafficSplit, etag: str) -> None:
        """Intend, or die."""
        self.death.around("intended", lambda: self.inner.intend(action, before, etag))

    def ended(self, receipt: Receipt) -> None:
        """End, or die."""
        self.death.around("ended", lambda: self.inner.ended(receipt))

    def close(self, detail: str) -> None:
        """Close, or die."""
        self.death.around("closed", lambda: self.inner.close(detail))

    def confirm(self) -> None:
        """Ask the inner tenure."""
        self.inner.confirm()


@dataclass
class DyingJournal:
    """A journal whose tenure dies."""

    inner: SqliteJournal
    death: Death

    @contextmanager
    def hold(self, environment: str, run_id: str) -> Iterator[DyingLease]:
        """Hold the lease."""
        with self.inner.hold(environment, run_id) as tenure:
            yield DyingLease(tenure, self.death)

    def unfinished(self, environment: str) -> tuple[UnfinishedRollback, ...]:
        """Return what the inner journal says."""
        return self.inner.unfinished(environment)


@dataclass
class Command:
    """One line of input."""

    environment: Environment
    ledger: str
    die: dict[str, Any] | None = None
    resume: bool = False
    engine: RollbackEngine = field(init=False)

    def run(self) -> int:
        """Roll back or resume; return 0 when every receipt is proven."""
        environment, clock, path = self.environment, SystemClock(), Path(self.ledger)
        cloud = CloudRun(environment, clock)
        journal = SqliteJournal(path, clock, lease=LEASE, beat=LEASE / 3)
        ports = RollbackPorts(
            traffic=cloud,
            probe=VersionProbe(environment, cloud, answers=1),
            ledger=SqliteLedger(path, clock),
            clock=clock,
            images=ImageRegistry(environment),
            journal=DyingJournal(journal, Death(**self.die)) if self.die else journal,
        )
        platform = Platform(name="x", services=specs(), tiers=(), matrix=(), roles=(), digest="sha256:p")
        policy = ExecutionPolicy(strategy=RollbackPolicy().emergency, patience=PATIENCE)
        self.engine = RollbackEngine(environment, platform, ports, run_id="killed", policy=policy)
        return 0 if all(receipt.is_verified for receipt in self._receipts()) else 1

    def _receipts(self) -> tuple[Receipt, ...]:
        if self.resume:
            found = self.engine.unfinished()
            return tuple(r for one in found for r in self.engine.resume(one, lambda _receipt: None))
        plan = self.engine.plan(SERVICES, reason="drill")
        return self.engine.execute(plan, lambda _receipt: None)


def main() -> None:
    """Fork for each line and answer with how the fork ended."""
    importlib.import_module(IMPORTED_LATE)
    for line in sys.stdin:
        told = json.loads(line)
        environment = codec.decode(Environment, json.dumps(told.pop("environment")), source="command")
        child = os.fork()
        if child == 0:
            os._exit(Command(environment=environment, **told).run())
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
