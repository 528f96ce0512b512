"""Two gates on one environment at the same time: one acts, the other says who does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from gates.actions.execute import Executor
from gates.adapters.ledger.journal import SqliteJournal
from gates.model.configuration import NewRevision
from gates.model.decision import RollbackPlan
from gates.model.receipt import Receipt, ReceiptState
from gates.model.state import ServiceState
from gates.model.traffic import TrafficSplit
from tests.support.builders import back
from tests.support.fake_cloud import FakeCloud, fake_ports, two_revisions

pytestmark = pytest.mark.processes

BEAT = timedelta(milliseconds=20)
"""Whoever comes second hears the other's heart soon."""
SERVICES = tuple("abcdefghi")
PLAN = RollbackPlan(waves=(tuple(back(name) for name in SERVICES),))


@dataclass
class SlowCloud(FakeCloud):
    """A cloud whose first write takes until the other gate has spoken."""

    other_spoke: threading.Event = field(default_factory=threading.Event)

    def shift(
        self, service: str, split: TrafficSplit, etag: str, new: NewRevision | None = None
    ) -> ServiceState:
        """Write, but not before the other gate ended."""
        assert self.other_spoke.wait(10)
        return super().shift(service, split, etag, new)


@pytest.mark.parametrize("attempt", range(50))
def test_one_acts_and_the_other_says_who_holds_the_lease(tmp_path: Path, attempt: int) -> None:
    """Nine services, each written once; the gate that came second touched nothing."""
    cloud = SlowCloud(services={name: two_revisions(name) for name in SERVICES})
    together = threading.Barrier(2)

    def gate(run_id: str) -> tuple[Receipt, ...]:
        journal = SqliteJournal(tmp_path / "gate.sqlite3", beat=BEAT)
        ports = replace(fake_ports(cloud), journal=journal)
        together.wait()
        receipts = Executor(ports, environment="sandbox", run_id=run_id).execute(PLAN)
        cloud.other_spoke.set()
        return receipts

    with ThreadPoolExecutor(2) as pool:
        endings = dict(zip(("first", "second"), pool.map(gate, ("first", "second")), strict=True))

    acted = [name for name, receipts in endings.items() if receipts[0].state is ReceiptState.DONE]
    assert len(acted) == 1
    (waited,) = set(endings) - set(acted)
    assert {r.state for r in endings[acted[0]]} == {ReceiptState.DONE}
    assert {r.state for r in endings[waited]} == {ReceiptState.SKIPPED}
    assert f"another gate acts: {acted[0]} (process " in endings[waited][0].detail
    assert sorted(service for service, _ in cloud.writes) == list(SERVICES)
