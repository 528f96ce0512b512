"""Decisions that wait for a person: until when, for which role, and which notifications are sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gates.actions.ports import Ledger
from gates.aside import note
from gates.decision.pending import Prepared, waiting
from gates.decision.response_clock import deadline
from gates.errors import DocumentError, LedgerError, UsageError
from gates.model.decision import Deadline, Decision, RollBack, WaitingDecision
from gates.model.operation import OperationReceipt, OperationState
from gates.model.platform import EscalationStep
from gates.model.receipt import Receipt
from gates.model.record import RunSetup
from gates.reporting import notices
from gates.workflows.failure_actions import ends_wait
from gates.workflows.notifications import DECIDED, Notifications

BREACH = "response-time"
"""Name of the operation that records a late decision in the ledger."""
DISMISSAL = "decision-dismissed"
"""Name of the operation that records the dismissal of a decision."""


class DecidedRun(Protocol):
    """A run whose decision is kept. What is read raises DocumentError."""

    @property
    def run_id(self) -> str:
        """Its id."""

    @property
    def path(self) -> object:
        """Where it is kept."""

    @property
    def is_carried_out(self) -> bool:
        """Whether anything was done about the decision."""

    def read_decision(self) -> Decision:
        """Return what was decided."""

    def read_setup(self) -> RunSetup:
        """Return what the run was asked."""

    def read_receipts(self) -> tuple[Receipt, ...]:
        """Return what was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingDecisions:
    """The decisions of one environment that are prepared and not carried out; `by` is who looks."""

    place: str
    runs: Callable[[], Iterable[DecidedRun]]
    ledger: Ledger
    notifications: Notifications
    escalation: Sequence[EscalationStep]
    now: Callable[[], datetime]
    by: str

    def look(self, *, escalates: bool) -> list[WaitingDecision]:
        """Return what waits, the oldest first; with `escalates` the roles that are due are notified once.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        now = self.now()
        found = [
            WaitingDecision(run.run_id, str(run.path), decision, clock)
            for run, decision in self._waiting()
            if (clock := deadline(decision, now, self.escalation)) is not None
        ]
        for one in found if escalates else ():
            self._escalate(one)
        return found

    def _escalate(self, one: WaitingDecision) -> None:
        """Notify the role that has to act, and once it is late the role that is next."""
        told = notices.decided(self.place, one.folder, one.decision)
        self.notifications.tell(one.run_id, DECIDED, told)
        if one.deadline.is_late:
            self.record_breach(one.run_id, one.decision, one.deadline)
            turn = one.deadline.turn_of
            said = notices.late(self.place, one.folder, one.decision, turn)
            self.notifications.tell(one.run_id, f"late: {turn}", said)

    def record_breach(self, run_id: str, decision: Decision, late: Deadline | None) -> None:
        """Record that a decision is late, and which role was due; once for each run.

        A ledger that cannot be written is reported, and prevents no action.
        """
        if late is None or not late.is_late:
            return
        receipt = self._receipt(
            BREACH,
            run_id,
            OperationState.FAILED,
            before=f"{decision.priority} due {decision.due:%Y-%m-%d %H:%M:%S}" if decision.due else "",
            after=f"{-late.left_s:.0f} s late",
            detail=f"escalated to {late.turn_of}",
        )
        try:
            if any(one.action == BREACH for one in self.ledger.operations(self.place, run_id)):
                return
            self.ledger.record_operation(receipt)
        except LedgerError as error:
            note(f"LATE: NOT RECORDED: {error.cause}; escalated to {late.turn_of}")
        else:
            note(f"LATE: recorded, escalated to {late.turn_of}")

    def deadline_of(self, decision: Decision) -> Deadline | None:
        """Return the deadline of a decision as it stands now, None when it has none."""
        return deadline(decision, self.now(), self.escalation)

    def dismiss(self, run_id: str, *, role: str, reason: str) -> None:
        """Dismiss a decision, with the reason of the role that has the authority.

        Raises:
            UsageError: it does not wait, the role has no authority, or there is no reason.
            LedgerError: it cannot be recorded.
        """
        decision = next((one for run, one in self._waiting() if run.run_id == run_id), None)
        if decision is None:
            raise UsageError(f"no decision of {run_id} waits", next_step="see: gate decisions")
        if role != decision.authority or not reason:
            raise UsageError(
                f"{decision.priority} is for the {decision.authority} to dismiss, with a reason",
                next_step=f"say --role {decision.authority} --reason TEXT",
            )
        before = f"{decision.kind} ({decision.priority})"
        receipt = self._receipt(
            DISMISSAL,
            run_id,
            OperationState.DONE,
            before=before,
            after="not carried out",
            detail=f"{role}: {reason}",
        )
        self.ledger.record_operation(receipt)

    def _receipt(self, action: str, run_id: str, state: OperationState, **said: str) -> OperationReceipt:
        return OperationReceipt(
            action=action,
            subject=run_id,
            environment=self.place,
            state=state,
            by=self.by,
            at=self.now(),
            **said,
        )

    def _waiting(self) -> Iterator[tuple[DecidedRun, Decision]]:
        """Yield the runs of this environment whose decision still waits, the oldest first."""
        done = self.ledger.operations(self.place)
        dismissed = {one.subject for one in done if one.action == DISMISSAL or ends_wait(one)}
        found = tuple(self._prepared())

        def is_quarantined(action: RollBack) -> bool:
            return self.ledger.is_quarantined(self.place, action.service, action.from_revision)

        runs = {one.run_id: run for one, run in found}
        for one in waiting([one for one, _ in found], is_quarantined=is_quarantined, dismissed=dismissed):
            yield runs[one.run_id], one.decision

    def _prepared(self) -> Iterator[tuple[Prepared, DecidedRun]]:
        for run in self.runs():
            try:
                decision, setup = run.read_decision(), run.read_setup()
                receipts = run.read_receipts() if run.is_carried_out else ()
            except DocumentError as error:
                note(error.diagnostics())
                continue
            if setup.release.environment == self.place:
                scope = setup.scope
                prepared = Prepared(
                    run_id=run.run_id,
                    stage=scope.stage,
                    is_partial=scope.is_partial,
                    decision=decision,
                    receipts=receipts,
                )
                yield prepared, run
