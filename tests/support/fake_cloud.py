"""An in-memory Cloud Run, ledger and clock that implement the ports of the actions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gates.actions.ports import RollbackPorts
from gates.errors import CloudError, ConflictError, LedgerError, NotFoundError, UnavailableError
from gates.model.configuration import NewRevision
from gates.model.decision import RollBack
from gates.model.drill import DrillKind, DrillRecord
from gates.model.operation import OperationReceipt
from gates.model.receipt import Receipt, ReceiptState, TrafficChoice
from gates.model.release import RevisionRef
from gates.model.state import MADE, RevisionState, ServiceState
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.model.verdict import Verdict, VerdictOutcome
from tests.support.fake_clock import EPOCH, FakeClock
from tests.support.fake_journal import FakeJournal

__all__ = [
    "EPOCH",
    "FakeClock",
    "FakeCloud",
    "FakeImages",
    "FakeLedger",
    "fake_ports",
    "revision",
    "two_revisions",
]


def revision(name: str, age: int, *, is_ready: bool = True) -> RevisionState:
    """Return a revision; a smaller `age` is a newer revision."""
    return RevisionState(
        name=name,
        image=f"registry.test/{name}@sha256:{name}",
        digest=f"sha256:{name}",
        created_at=EPOCH - timedelta(hours=age),
        is_ready=is_ready,
        detail="" if is_ready else "startup probe failed",
    )


@dataclass
class FakeService:
    """One service of the fake cloud, with its knobs.

    `conflicts`: so many writes meet a changed etag. `lost_requests`: so many writes are lost on the way.
    `lost_answers`: so many writes are applied and their answer is lost. `failing_ends`: so many ends of
    operations are not heard. `lag_s`: so long after a write the old revision still answers. `refusal`: every
    call raises it. `foreign_move`: what somebody else writes at the moment of our first conflict. `is_mixed`:
    several revisions answer. `stuck_on`: that revision serves although the list says otherwise, until the
    list is written again.
    """

    revisions: tuple[RevisionState, ...]
    traffic: TrafficSplit
    generation: int = 1
    conflicts: int = 0
    lost_answers: int = 0
    lost_requests: int = 0
    lag_s: float = 0.0
    refusal: CloudError | None = None
    foreign_move: TrafficSplit | None = None
    failing_ends: int = 0
    is_mixed: bool = False
    stuck_on: str = ""
    moved_at: float = float("-inf")
    moved_from: str = ""


@dataclass
class FakeCloud:
    """Implements TrafficController and RevisionProbe over a mapping of services."""

    services: dict[str, FakeService]
    clock: FakeClock = field(default_factory=FakeClock)
    writes: list[tuple[str, TrafficSplit]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    made: list[NewRevision] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def describe(self, service: str) -> ServiceState:
        """Return the service's state."""
        with self._lock:
            self.reads.append(service)
            entry = self._entry(service)
            return ServiceState(
                service=service,
                uri=f"https://{service}.run.test",
                etag=f'"{entry.generation}"',
                is_reconciling=False,
                is_ready=True,
                latest_ready=self._latest(entry),
                latest_created=entry.revisions[0].name,
                traffic=entry.traffic,
                serving=((entry.stuck_on, 100),) if entry.stuck_on else self._shares(entry),
            )

    def revisions(self, service: str) -> tuple[RevisionState, ...]:
        """Return the service's revisions, newest first."""
        return self._entry(service).revisions

    def shift(
        self, service: str, split: TrafficSplit, etag: str, new: NewRevision | None = None
    ) -> ServiceState:
        """Replace the traffic list as the knobs allow, and make a revision."""
        with self._lock:
            entry = self._entry(service)
            self._disturb(entry)
            if etag != f'"{entry.generation}"':
                raise ConflictError(f"{service} changed since it was read")
            self.writes.append((service, split))
            entry.moved_at = self.clock.monotonic()
            entry.moved_from = self.serving(service)
            entry.traffic = split
            if new is not None:
                self._make(entry, new)
            entry.stuck_on = ""
            entry.generation += 1
            if entry.lost_answers:
                entry.lost_answers -= 1
                raise UnavailableError("the answer was lost")
            return self.describe(service)

    def write_traffic(
        self, service: str, split: TrafficSplit, etag: str, new: NewRevision | None = None
    ) -> Callable[[], ServiceState]:
        """Replace the traffic list now; how it ended is told later."""
        state = self.shift(service, split, etag, new)

        def end() -> ServiceState:
            entry = self._entry(service)
            if entry.failing_ends:
                entry.failing_ends -= 1
                raise UnavailableError("the end was not heard")
            return state

        return end

    def preview(self, service: str, split: TrafficSplit, etag: str, new: NewRevision | None = None) -> str:
        """Return the call in words."""
        targets = ", ".join(f"{t.revision}={t.percent} {t.tag}".strip() for t in split.targets)
        made = f", making {new.name} of {new.image or new.source}" if new else ""
        return f"shift {service} to [{targets}] with etag {etag}{made}"

    def _make(self, entry: FakeService, new: NewRevision) -> None:
        source = next((one for one in entry.revisions if one.name == new.source), revision(new.name, 0))
        if new.image:
            source = replace(source, image=new.image, digest=f"sha256:{new.name}")
        mark = ((MADE, new.mark),) if new.mark else ()
        entry.revisions = (replace(source, name=new.name, annotations=mark), *entry.revisions)
        self.made.append(new)

    def answering_revision(self, service: str) -> str | None:
        """Return who answers, minding the lag."""
        with self._lock:
            entry = self.services[service]
            if entry.is_mixed:
                return None
            is_lagging = self.clock.monotonic() < entry.moved_at + entry.lag_s
            return entry.moved_from if is_lagging else self.serving(service)

    def answering_behind(self, service: str, tag: str) -> str | None:
        """Return the revision that the tag points to."""
        with self._lock:
            targets = self.services[service].traffic.targets
            return next((target.revision for target in targets if target.tag == tag), None)

    def serving(self, service: str) -> str:
        """Return the revision with the most traffic."""
        entry = self.services[service]
        if entry.stuck_on:
            return entry.stuck_on
        most = max(entry.traffic.targets, key=lambda target: target.percent)
        return most.revision or self._latest(entry)

    def _entry(self, service: str) -> FakeService:
        if service not in self.services:
            raise NotFoundError(f"service {service} does not exist")
        entry = self.services[service]
        if entry.refusal is not None:
            raise entry.refusal
        return entry

    @staticmethod
    def _disturb(entry: FakeService) -> None:
        if entry.lost_requests:
            entry.lost_requests -= 1
            raise UnavailableError("no answer")
        if entry.conflicts:
            entry.conflicts -= 1
            entry.generation += 1
            entry.traffic = entry.foreign_move or entry.traffic

    def _shares(self, entry: FakeService) -> tuple[tuple[str, int], ...]:
        targets = entry.traffic.targets
        return tuple((t.revision or self._latest(entry), t.percent) for t in targets if t.percent)

    @staticmethod
    def _latest(entry: FakeService) -> str:
        return next(revision.name for revision in entry.revisions if revision.is_ready)


@dataclass
class FakeLedger:
    """Remembers in lists; `refusal` is raised by every write."""

    clock: FakeClock = field(default_factory=FakeClock)
    goes: dict[tuple[str, str], list[RevisionRef]] = field(default_factory=dict)
    went_at: dict[RevisionRef, datetime] = field(default_factory=dict)
    tombstones: set[tuple[str, str, str]] = field(default_factory=set)
    rollbacks: list[tuple[str, Receipt, str]] = field(default_factory=list)
    recorded: list[OperationReceipt] = field(default_factory=list)
    asked_by: dict[str, str] = field(default_factory=dict)
    drilled: list[DrillRecord] = field(default_factory=list)
    refusal: LedgerError | None = None

    def record_verdict(self, verdict: Verdict, run_id: str) -> None:
        """Remember a GO."""
        self._refuse()
        if verdict.outcome is VerdictOutcome.GO:
            for part in verdict.release.services:
                key = (verdict.release.environment, part.service)
                self.goes.setdefault(key, []).insert(0, part.candidate)
                self.went_at.setdefault(part.candidate, verdict.judged_at)

    def last_go(self, environment: str, service: str) -> tuple[RevisionRef, ...]:
        """Return the remembered ones."""
        self._refuse()
        return tuple(self.goes.get((environment, service), ()))

    def went_since(self, environment: str, service: str, since: datetime) -> frozenset[RevisionRef]:
        """Return the remembered ones whose GO is young enough."""
        self._refuse()
        return frozenset(
            reference
            for reference in self.goes.get((environment, service), ())
            if self.went_at.get(reference, datetime.min.replace(tzinfo=UTC)) >= since
        )

    def quarantine(self, environment: str, service: str, revision: str, reason: str) -> None:
        """Remember the mark."""
        self._refuse()
        self.tombstones.add((environment, service, revision))

    def is_quarantined(self, environment: str, service: str, revision: str) -> bool:
        """Whether it was marked."""
        self._refuse()
        return (environment, service, revision) in self.tombstones

    def record_rollback(self, environment: str, receipt: Receipt, run_id: str, *, by: str = "") -> None:
        """Remember the receipt, and who asked."""
        self._refuse()
        self.rollbacks.append((environment, receipt, run_id))
        self.asked_by[run_id] = by

    def last_choice(self, environment: str, service: str) -> TrafficChoice | None:
        """Return what the newest verified one chose."""
        self._refuse()
        done = (ReceiptState.DONE, ReceiptState.ALREADY_DONE)
        for place, receipt, run_id in reversed(self.rollbacks):
            action = receipt.action
            if (place, action.service) == (environment, service) and receipt.state in done:
                return TrafficChoice(
                    left=action.from_revision,
                    revision=action.to_revision,
                    by=self.asked_by[run_id],
                    reason=action.reason,
                    run_id=run_id,
                    at=receipt.at,
                )
        return None

    def last_rollback(self, environment: str, service: str) -> RollBack | None:
        """Return the newest verified one."""
        self._refuse()
        done = (ReceiptState.DONE, ReceiptState.ALREADY_DONE)
        for place, receipt, _ in reversed(self.rollbacks):
            if (place, receipt.action.service) == (environment, service) and receipt.state in done:
                return receipt.action
        return None

    def record_operation(self, receipt: OperationReceipt) -> None:
        """Remember the operation."""
        self._refuse()
        self.recorded.append(receipt)

    def operations(self, environment: str, subject: str | None = None) -> tuple[OperationReceipt, ...]:
        """Return what was recorded, the newest first."""
        self._refuse()
        found = (r for r in reversed(self.recorded) if r.environment == environment)
        return tuple(r for r in found if subject in (None, r.subject))

    def record_drill(self, drill: DrillRecord) -> None:
        """Remember the drill."""
        self._refuse()
        self.drilled.append(drill)

    def drills(self, environment: str, kind: DrillKind | None = None) -> tuple[DrillRecord, ...]:
        """Return the remembered ones, the newest first."""
        self._refuse()
        found = (one for one in reversed(self.drilled) if one.environment == environment)
        return tuple(one for one in found if kind in (None, one.kind))

    def _refuse(self) -> None:
        if self.refusal is not None:
            raise self.refusal


@dataclass
class FakeImages:
    """Knows which digests are gone; cannot tell of those in `unknown`."""

    gone: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()

    def exists(self, image: str) -> bool | None:
        """Say so."""
        digest = image.partition("@")[2]
        return None if digest in self.unknown else digest not in self.gone


def two_revisions(service: str) -> FakeService:
    """Return a service whose second revision serves everything and whose first is tagged `stable`."""
    new, old = revision(f"{service}-2", 1), revision(f"{service}-1", 2)
    targets = (TrafficTarget(revision=None, percent=100), TrafficTarget(revision=old.name, tag="stable"))
    return FakeService(revisions=(new, old), traffic=TrafficSplit(targets=targets))


def fake_ports(
    cloud: FakeCloud, ledger: FakeLedger | None = None, journal: FakeJournal | None = None
) -> RollbackPorts:
    """Return the ports of a rollback over the fakes."""
    return RollbackPorts(
        traffic=cloud,
        probe=cloud,
        ledger=ledger or FakeLedger(clock=cloud.clock),
        clock=cloud.clock,
        journal=journal or FakeJournal(),
        images=FakeImages(),
    )
