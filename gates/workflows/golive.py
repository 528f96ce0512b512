"""Runs a go-live: waits for each checkpoint, looks, asks for signatures, moves traffic, stops on a failure.

Everything that it decides on is in its records, so it can be ended and started again at any moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gates.actions.ports import Lease, RevisionProbe, TrafficController
from gates.actions.traffic_move import Proof, TrafficMove, TrafficMover
from gates.aside import aside
from gates.decision.timeline import Due, Over, Wait, is_live, next_step, settle
from gates.errors import ActionError, CloudError, LeaseHeldError, LeaseLostError
from gates.model.clock import Clock
from gates.model.decision import RollBack
from gates.model.state import ServiceState
from gates.model.timeline import (
    Checkpoint,
    CheckpointRecord,
    CheckpointResult,
    CheckpointState,
    Finding,
    GoLive,
    Timeline,
)

POLL_S = 300.0
"""Seconds between two looks for what is still missing."""
REHEARSED_POLL_S = timedelta(days=7).total_seconds()
"""What is missing in a rehearsal stays missing: look once more, at the deadline."""


class GoLiveRecords(Protocol):
    """Remembers go-lives. Every method raises LedgerError."""

    def open(self, wanted: GoLive) -> GoLive:
        """Return the go-live that was opened under this name, this one if none was."""

    def slots(self, golive: GoLive) -> tuple[CheckpointRecord, ...]:
        """Return the records of a go-live in the order in which they were written."""

    def add(self, golive: GoLive, record: CheckpointRecord) -> None:
        """Add a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoLivePorts:
    """What a go-live needs of the world.

    `schedule` is the clock of the timeline, which a rehearsal winds forward; `clock` is the real one. `look`
    runs the checks of a checkpoint; `missing` names the roles that have not signed its run; `unproven` names
    the services whose rollback is not verified. `confirm` raises LeaseLostError when another process took the
    go-live over; `alone` holds the environment's lease while traffic is moved, and raises LeaseHeldError when
    another process has it.
    """

    records: GoLiveRecords
    schedule: Clock
    clock: Clock
    traffic: TrafficController
    probe: RevisionProbe
    look: Callable[[Checkpoint, Mapping[str, str]], CheckpointResult]
    missing: Callable[[str], Sequence[str]]
    unproven: Callable[[Mapping[str, str]], Sequence[str]]
    tell: Callable[[str], None]
    before: Callable[[Checkpoint], None] = lambda _slot: None
    alone: Callable[[], AbstractContextManager[Lease]]
    is_quarantined: Callable[[str, str], bool]
    """Whether a revision of a service was rolled back as bad."""
    confirm: Callable[[], None] = lambda: None
    notify: Callable[[Checkpoint, str, str], None] = lambda _slot, _event, _text: None
    """Notifies of the events of a checkpoint, each once."""
    poll_s: float = POLL_S


class GoLiveWorkflow:
    """Takes one go-live from its last record to its end."""

    def __init__(self, timeline: Timeline, golive: GoLive, ports: GoLivePorts) -> None:
        self._timeline, self._golive, self._ports = timeline, golive, ports
        self._has_moved = False

    def run(self) -> Over:
        """Return how the go-live ended."""
        while True:
            self._ports.confirm()
            records = self._ports.records.slots(self._golive)
            now = self._ports.schedule.now()
            match next_step(self._timeline, records, self._golive.zero, now):
                case Over() as over:
                    return over
                case Wait(slot=slot, until=until):
                    self._say(f"waits for {slot.name} at {until:%Y-%m-%d %H:%M} UTC")
                    self._ports.schedule.wait((until - now).total_seconds())
                case Due(slot=slot, deadline=deadline):
                    self._hold(slot, deadline, records)

    def _say(self, text: str) -> None:
        with aside("printing a step of the go-live"):
            self._ports.tell(text)

    def _notify(self, slot: Checkpoint, event: str, text: str) -> None:
        with aside("notifying"):
            self._ports.notify(slot, event, text)

    def _hold(self, slot: Checkpoint, deadline: datetime, records: Sequence[CheckpointRecord]) -> None:
        """Run a checkpoint until it is settled, and record how."""
        self._remember(slot, CheckpointState.BEGUN, CheckpointResult(finding=Finding.OPEN, detail="begun"))
        self._ports.before(slot)
        # Whoever began this slot before, and was ended, may have moved some of the traffic.
        was_begun = any(record.slot == slot.name for record in records)
        was_live = is_live(self._timeline, records) or (slot.enables_traffic and was_begun)
        while True:
            self._ports.confirm()
            result = self._do(slot, records)
            is_late = self._ports.schedule.now() >= deadline
            state = settle(result, is_live=was_live or self._has_moved, is_late=is_late)
            if state is not None:
                break
            self._say(f"{slot.name} is open: {result.detail}")
            self._notify(slot, "is open", result.detail)
            left = (deadline - self._ports.schedule.now()).total_seconds()
            self._ports.schedule.wait(min(self._ports.poll_s, max(1.0, left)))
        self._remember(slot, state, result)
        self._say(f"{state:11}  {slot.name}: {result.detail}")
        if state is not CheckpointState.HELD or slot is self._timeline.slots[-1]:
            self._notify(slot, state, result.detail)

    def _do(self, slot: Checkpoint, records: Sequence[CheckpointRecord]) -> CheckpointResult:
        """Do what a checkpoint asks for, one after the other; return the first result that does not hold."""
        result = CheckpointResult(finding=Finding.HELD, detail=slot.title)
        if slot.approves is not None:
            result = self._approved(slot.approves, records)
        if slot.enables_traffic and result.finding is Finding.HELD:
            result = self._switch_if_proven()
        if slot.stage is not None and result.finding is Finding.HELD:
            try:
                result = self._ports.look(slot, dict(self._golive.candidates))
            except CloudError as error:  # one look without an answer is no end of a go-live
                result = CheckpointResult(
                    finding=Finding.OPEN, detail=f"nothing could be seen: {error.cause}"
                )
        return result

    def _approved(self, approved: str, records: Sequence[CheckpointRecord]) -> CheckpointResult:
        run_id = next((r.run_id for r in reversed(records) if r.slot == approved and r.run_id), "")
        missing = self._ports.missing(run_id) if run_id else ("a run to sign",)
        if missing:
            return CheckpointResult(
                finding=Finding.OPEN, detail=f"waits for signatures on {run_id}: {'; '.join(missing)}"
            )
        return CheckpointResult(
            finding=Finding.HELD, detail=f"{run_id} is approved by every role", run_id=run_id
        )

    def _switch_if_proven(self) -> CheckpointResult:
        """Move the traffic, or wait while the rollback of a candidate is not verified."""
        missing = self._ports.unproven(dict(self._golive.candidates))
        if missing:
            detail = f"no fresh rollback verification: {'; '.join(missing)}; run: gate rollback verify"
            return CheckpointResult(finding=Finding.OPEN, detail=detail)
        try:
            with self._ports.alone() as lease:
                self._ports.confirm()
                return self._switch(lease)
        except LeaseHeldError as error:
            return CheckpointResult(finding=Finding.OPEN, detail=error.cause)

    def _switch(self, lease: Lease) -> CheckpointResult:
        """Send all traffic to the candidates, each verified by its own answer."""
        self._has_moved = True
        moved = []
        for service, candidate in self._golive.candidates:
            if self._ports.is_quarantined(service, candidate):
                detail = f"{candidate} of {service} was rolled back as bad: it gets no traffic again"
                return CheckpointResult(finding=Finding.FAILED, detail=detail)
            mover = self._mover(service, candidate, lease)
            trouble = "was not switched"
            try:
                mover.send()
                trouble = f"does not answer as {candidate}"
                mover.prove()
            except LeaseLostError:
                raise
            except (ActionError, CloudError) as error:
                return CheckpointResult(finding=Finding.FAILED, detail=f"{service} {trouble}: {error.cause}")
            if mover.has_written:
                moved.append(f"{service} → {candidate}")
        return CheckpointResult(
            finding=Finding.HELD, detail=f"traffic: {', '.join(moved) or 'was there already'}"
        )

    def _mover(self, service: str, candidate: str, lease: Lease) -> TrafficMover:
        """Return the move of all traffic to the candidate; it writes nothing once another gate took over."""

        def is_there(state: ServiceState) -> bool:
            is_written = state.traffic == state.traffic.all_to(candidate)
            return state.sole_serving == candidate or (is_written and state.is_reconciling)

        def intend(state: ServiceState) -> None:
            switch = RollBack(
                service=service,
                from_revision=state.sole_serving or "",
                to_revision=candidate,
                is_target_verified=False,
                reason=f"go-live {self._golive.name}",
                is_quarantined=False,
            )
            lease.intend(switch, state.traffic, state.etag)

        move = TrafficMove(
            service=service,
            wanted=lambda state: state.traffic.all_to(candidate),
            is_there=is_there,
            intend=intend,
            proof=Proof(revision=candidate, asked=lambda: self._ports.probe.answering_revision(service)),
        )
        return TrafficMover(move, self._ports.traffic, self._ports.clock)

    def _remember(self, slot: Checkpoint, state: CheckpointState, result: CheckpointResult) -> None:
        record = CheckpointRecord(
            slot=slot.name,
            state=state,
            detail=result.detail,
            run_id=result.run_id,
            at=self._ports.clock.now(),
        )
        self._ports.records.add(self._golive, record)
