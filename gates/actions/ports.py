"""What the actions need from outside, as protocols; `gates.adapters` implements them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gates.model.clock import Clock
from gates.model.configuration import NewRevision
from gates.model.decision import RollBack, RollbackPlan
from gates.model.drill import DrillKind, DrillRecord
from gates.model.journal import UnfinishedRollback
from gates.model.operation import OperationReceipt
from gates.model.receipt import Receipt, TrafficChoice
from gates.model.release import RevisionRef
from gates.model.state import RevisionState, ServiceState
from gates.model.traffic import TrafficSplit
from gates.model.verdict import Verdict


class TrafficController(Protocol):
    """Reads services and moves their traffic. Every method raises CloudError; services are platform names."""

    def describe(self, service: str) -> ServiceState:
        """Return what the cloud says of the service right now."""

    def revisions(self, service: str) -> tuple[RevisionState, ...]:
        """Return all revisions of the service, newest first by create time."""

    def write_traffic(
        self, service: str, split: TrafficSplit, etag: str, new: NewRevision | None = None
    ) -> Callable[[], ServiceState]:
        """Replace the traffic list, with `new` make that revision in the same write; return once accepted.

        The returned call waits for the end of the operation and returns the state after it.

        Raises:
            ConflictError: the service changed since `etag` was read.
            UnavailableError: no answer, so the outcome is unknown until the service is read again.
            OperationFailedError: the cloud accepted the change and could not carry it out. The returned call
                raises what becomes known later.
        """

    def preview(self, service: str, split: TrafficSplit, etag: str, new: NewRevision | None = None) -> str:
        """Return the exact call that `write_traffic` would make, in words; sends nothing."""


class RevisionProbe(Protocol):
    """Asks the service itself who it is."""

    def answering_revision(self, service: str) -> str | None:
        """Return the revision that answers, or None when none does or several do.

        Raises:
            NotAskedError: this caller is refused, or cannot reach the service. No other CloudError.
        """


class TagAwareProbe(RevisionProbe, Protocol):
    """Asks a revision behind its tag as well."""

    def answering_behind(self, service: str, tag: str) -> str | None:
        """Return the revision that answers at the tag's own URL; raise as above."""


class Ledger(Protocol):
    """Remembers verdicts, rollbacks, operations and drills. Every method raises LedgerError."""

    def record_verdict(self, verdict: Verdict, run_id: str) -> None:
        """Record the verdict's outcome for each service's candidate."""

    def last_go(self, environment: str, service: str) -> tuple[RevisionRef, ...]:
        """Return the revisions that have a recorded GO in service, the newest verdict first, each once."""

    def went_since(self, environment: str, service: str, since: datetime) -> frozenset[RevisionRef]:
        """Return the revisions whose first GO in service is of that moment or later."""

    def quarantine(self, environment: str, service: str, revision: str, reason: str) -> None:
        """Mark a revision as one never to go back to, until a later GO says otherwise."""

    def is_quarantined(self, environment: str, service: str, revision: str) -> bool:
        """Whether the revision is marked and no later GO lifted the mark."""

    def record_rollback(self, environment: str, receipt: Receipt, run_id: str, *, by: str = "") -> None:
        """Record how a rollback ended, and who asked for it."""

    def last_rollback(self, environment: str, service: str) -> RollBack | None:
        """Return the newest rollback of the service that was verified, or None."""

    def last_choice(self, environment: str, service: str) -> TrafficChoice | None:
        """Return which revision that rollback chose, by whom, when and why, or None."""

    def record_operation(self, receipt: OperationReceipt) -> None:
        """Record one step of an operation: what was done beside rollbacks."""

    def operations(self, environment: str, subject: str | None = None) -> tuple[OperationReceipt, ...]:
        """Return the recorded operations, on one subject or on all, the newest first."""

    def record_drill(self, drill: DrillRecord) -> None:
        """Record what a drill measured."""

    def drills(self, environment: str, kind: DrillKind | None = None) -> tuple[DrillRecord, ...]:
        """Return the recorded drills, of one kind or of all, the newest first."""


class ImageStore(Protocol):
    """Knows which images are still there."""

    def exists(self, image: str) -> bool | None:
        """Say whether the image of a revision is there; None when that is not known. Never raises.

        `image` is the revision's own reference, with its digest: it says where to look.
        """


class Lease(Protocol):
    """The time in which this gate alone acts in an environment. Every method raises LedgerError."""

    def begin(self, plan: RollbackPlan) -> None:
        """Write down the whole plan before anything is done; beginning the same plan again is fine."""

    def intend(self, action: RollBack, before: TrafficSplit, etag: str) -> None:
        """Write down that a write follows, and what stood before it.

        Raises:
            LeaseLostError: another gate took over; nothing may be written any more.
        """

    def ended(self, receipt: Receipt) -> None:
        """Write down how an action ended."""

    def close(self, detail: str) -> None:
        """Write down that the plan came to its end."""

    def confirm(self) -> None:
        """Return if this gate may still act.

        Raises:
            LeaseLostError: another gate took over.
        """


class Journal(Protocol):
    """The write-ahead journal of rollbacks, and the lease that keeps two gates apart."""

    def hold(self, environment: str, run_id: str) -> AbstractContextManager[Lease]:
        """Hold the environment's lease while the block runs.

        Raises:
            LeaseHeldError: another gate holds it, and who.
            LedgerError: the journal cannot be used.
        """

    def unfinished(self, environment: str) -> tuple[UnfinishedRollback, ...]:
        """Return the rollbacks that were begun and not closed, the oldest first; raises LedgerError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPorts:
    """What a rollback needs."""

    traffic: TrafficController
    probe: TagAwareProbe
    ledger: Ledger
    clock: Clock
    journal: Journal
    images: ImageStore


Announce = Callable[[Receipt], None]
"""Called with each receipt as soon as it exists."""
