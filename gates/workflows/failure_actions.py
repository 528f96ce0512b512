"""The failure actions beside a rollback: scale the blamed services, or open an incident with the evidence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from gates.actions.ports import Ledger
from gates.aside import note
from gates.errors import LedgerError, UsageError
from gates.model.decision import Decision
from gates.model.incident import Incident
from gates.model.operation import OperationReceipt, OperationState
from gates.model.platform import Platform
from gates.operations.scaling import ScalingOperations
from gates.reporting import notices
from gates.workflows.notifications import ENDED, Notifications

CARRIED_OUT = "decision-carried-out"
"""Name of the operation that records what was done about a decision that is no rollback."""


def ends_wait(operation: OperationReceipt) -> bool:
    """Whether an operation carried a decision out; a failed one did not."""
    return operation.action == CARRIED_OUT and operation.state is OperationState.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureActions:
    """Carries out what was decided about one run, in the name of one person."""

    run_id: str
    place: str
    platform: Platform
    ledger: Ledger
    notifications: Notifications
    now: Callable[[], datetime]
    by: str

    def refuse_again(self) -> None:
        """Refuse a decision that the ledger records as carried out.

        Raises:
            UsageError: something was done about the decision.
            LedgerError: the ledger cannot be read.
        """
        if any(ends_wait(one) for one in self.ledger.operations(self.place, self.run_id)):
            raise UsageError(f"{self.run_id} was carried out already", next_step="see: gate incident status")

    def incident(self, id_: str, folder: str, decision: Decision) -> Incident:
        """Return the incident that a decision to investigate asks for."""
        because = decision.because[0][:120] if decision.because else "NO_GO"
        return Incident(
            id=id_,
            environment=self.place,
            title=f"{because} ({folder})",
            priority=decision.priority or min(row.priority for row in self.platform.matrix),
            answers=None,
            alerts=(),
            services=decision.services,
            opened_at=self.now(),
            opened_by=self.by,
        )

    def scale(
        self, decision: Decision, scaling: ScalingOperations, alone: AbstractContextManager[object]
    ) -> tuple[OperationReceipt, ...]:
        """Keep more instances of the services to blame; a service that has as many already is left alone.

        Raises:
            LeaseHeldError: another gate acts in the environment.
        """
        wanted = self.platform.policy.scale_to
        with alone:
            receipts = tuple(scaling.at_least(name, wanted, is_dry=False) for name in decision.services)
        is_bad = any(one.state is OperationState.FAILED for one in receipts)
        state = OperationState.FAILED if is_bad else OperationState.DONE
        done = "; ".join(f"{one.subject}: {one.detail}" for one in receipts)
        self.record(decision, done, state)
        said = notices.scaled(self.place, decision, f"{state}, {done}")
        self.notifications.tell(self.run_id, ENDED, said)
        return receipts

    def record(self, decision: Decision, after: str, state: OperationState = OperationState.DONE) -> None:
        """Record what was done. A ledger that cannot be written is reported, and changes nothing else."""
        receipt = OperationReceipt(
            action=CARRIED_OUT,
            subject=self.run_id,
            environment=self.place,
            state=state,
            before=f"{decision.kind} ({decision.priority})",
            after=after,
            detail="; ".join(decision.because)[:500],
            by=self.by,
            at=self.now(),
        )
        try:
            self.ledger.record_operation(receipt)
        except LedgerError as error:
            note(f"{after} is NOT RECORDED: {error.cause}")
