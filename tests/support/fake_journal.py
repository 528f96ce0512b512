"""An in-memory journal and lease that implement the port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gates.errors import LeaseHeldError, LeaseLostError, LedgerError
from gates.model.decision import RollBack, RollbackPlan
from gates.model.journal import UnfinishedRollback
from gates.model.receipt import Receipt
from gates.model.traffic import TrafficSplit
from tests.support.fake_clock import EPOCH


@dataclass
class FakeJournal:
    """Remembers in lists. `holder` is another gate that holds the lease; `refusal` is raised by every write.

    `lost_after`: so many intentions are written down before another gate takes over.
    """

    holder: str = ""
    refusal: LedgerError | None = None
    lost_after: int | None = None
    records: list[tuple[str, str, str]] = field(default_factory=list)
    plans: dict[str, RollbackPlan] = field(default_factory=dict)
    receipts: list[tuple[str, Receipt]] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """What was held, in order."""
    is_lost: bool = False
    """Whether another gate took over, as the next confirmation finds out."""

    @contextmanager
    def hold(self, environment: str, run_id: str) -> Iterator[FakeLease]:
        """Hold the lease unless somebody else does."""
        if self.holder:
            raise LeaseHeldError(f"{self.holder} acts in {environment}")
        self.refuse()
        self.held.append(environment)
        yield FakeLease(self, run_id)

    def unfinished(self, environment: str) -> tuple[UnfinishedRollback, ...]:
        """Return the plans that were begun and not closed."""
        closed = {run_id for run_id, kind, _ in self.records if kind == "closed"}
        return tuple(
            UnfinishedRollback(
                run_id=run_id,
                plan=plan,
                begun_at=EPOCH,
                ended=tuple(r.action.service for run, r in self.receipts if run == run_id and r.is_verified),
            )
            for run_id, plan in self.plans.items()
            if run_id not in closed
        )

    def kinds(self, service: str) -> list[str]:
        """Return what was written down about a service, in order."""
        return [kind for _, kind, about in self.records if about == service]

    def refuse(self) -> None:
        """Raise the refusal, if there is one."""
        if self.refusal is not None:
            raise self.refusal


@dataclass
class FakeLease:
    """Writes into the fake journal."""

    journal: FakeJournal
    run_id: str

    def begin(self, plan: RollbackPlan) -> None:
        """Remember the plan."""
        self._write("begun", "")
        self.journal.plans.setdefault(self.run_id, plan)

    def intend(self, action: RollBack, before: TrafficSplit, etag: str) -> None:
        """Remember the intention, or find that somebody took over."""
        if self.journal.is_lost:
            raise LeaseLostError("another gate took over")
        if self.journal.lost_after is not None:
            if self.journal.lost_after == 0:
                raise LeaseLostError("another gate took over")
            self.journal.lost_after -= 1
        self._write("intended", action.service)

    def ended(self, receipt: Receipt) -> None:
        """Remember the end."""
        self._write("ended", receipt.action.service)
        self.journal.receipts.append((self.run_id, receipt))

    def close(self, detail: str) -> None:
        """Remember that it is over."""
        self._write("closed", "")

    def confirm(self) -> None:
        """Find out whether somebody took over."""
        self.journal.refuse()
        if self.journal.is_lost:
            raise LeaseLostError("another gate took over")

    def _write(self, kind: str, service: str) -> None:
        self.journal.refuse()
        self.journal.records.append((self.run_id, kind, service))
