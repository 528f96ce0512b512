"""Letting a service follow its newest revision again, after a rollback pinned it.

A pin holds back every later deployment, silently. Ending it moves all traffic to the newest ready revision:
that one needs a recorded GO, or a person's reason for going without.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from gates.actions.attempt import Attempt
from gates.actions.ports import Announce, Lease, RevisionProbe, RollbackPorts
from gates.actions.traffic_move import PATIENCE, Proof, TrafficMove
from gates.aside import heard
from gates.errors import ActionError, GateError, LedgerError
from gates.model.decision import RollBack
from gates.model.operation import OperationReceipt, OperationState
from gates.model.receipt import Receipt, ReceiptState
from gates.model.release import RevisionRef
from gates.model.state import ServiceState

ACTION = "unpin"
"""Name of the operation in the ledger."""


def all_to_latest(action: RollBack, probe: RevisionProbe) -> TrafficMove:
    """Return the move of all traffic to "the latest", as long as the newest revision is the target."""
    newest = action.to_revision

    def is_there(state: ServiceState) -> bool:
        is_wanted = not state.traffic.is_pinned and len(state.serving) <= 1
        return is_wanted and (state.is_reconciling or state.sole_serving == newest)

    def objection(state: ServiceState) -> ActionError | None:
        if state.latest_ready == newest:
            return None
        return ActionError(
            f"{state.latest_ready} became ready meanwhile, {newest} was looked at",
            next_step="look at the newest revision, then unpin again",
        )

    return TrafficMove(
        service=action.service,
        wanted=lambda state: state.traffic.all_to(None),
        is_there=is_there,
        objection=objection,
        proof=Proof(revision=newest, asked=lambda: probe.answering_revision(action.service)),
    )


class Unpinner:
    """Ends pins in one environment; `reason` is a person's for going without a recorded GO, or empty."""

    def __init__(
        self, ports: RollbackPorts, *, environment: str, run_id: str, by: str, reason: str = ""
    ) -> None:
        self._ports = ports
        self._place = environment
        self._run_id = run_id
        self._by = by
        self._reason = reason

    def unpin(self, services: Sequence[str], announce: Announce) -> tuple[Receipt, ...]:
        """End the pin of each service and return one receipt for each; never raises for one of them.

        Raises:
            LeaseHeldError: another gate acts in the environment.
            LedgerError: the journal cannot be used.
        """
        with (
            self._ports.journal.hold(self._place, self._run_id) as lease,
            ThreadPoolExecutor(max_workers=len(services)) as pool,
        ):
            receipts = tuple(pool.map(lambda name: self._one(name, lease), services))
        tell = heard(announce, "printing a receipt")
        for receipt in receipts:
            tell(receipt)
        return receipts

    def _one(self, service: str, lease: Lease) -> Receipt:
        action = RollBack(
            service=service,
            from_revision="",
            to_revision="",
            is_target_verified=False,
            reason=self._reason or "unpinned",
            is_quarantined=False,
        )
        try:
            state = self._ports.traffic.describe(service)
            action = self._action(service, state)
        except ActionError as error:
            return self._not_done(action, ReceiptState.REFUSED, error)
        except GateError as error:
            return self._not_done(action, ReceiptState.FAILED, error)
        try:
            receipt = Attempt(action, self._ports, PATIENCE, lease.intend, goal=all_to_latest).execute()
            receipt = self._record(receipt, state)
        except GateError as error:
            return self._not_done(action, ReceiptState.FAILED, error)
        return receipt

    def _not_done(self, action: RollBack, state: ReceiptState, error: GateError) -> Receipt:
        now = self._ports.clock.now()
        return Receipt(action=action, state=state, at=now, seconds=0.0, detail=error.in_one_line())

    def _action(self, service: str, state: ServiceState) -> RollBack:
        """Return what to do, if the newest revision may have the traffic.

        Raises:
            ActionError: it may not.
        """
        if state.traffic.is_in_maintenance:
            raise ActionError(
                "the maintenance page is up: unpinned, it would be what serves",
                next_step="gate maintenance off",
            )
        newest = state.latest_ready
        revisions = self._ports.traffic.revisions(service)
        made = next((r.purpose for r in revisions if r.name == newest and not r.is_release), None)
        if made is not None and newest != state.sole_serving:
            raise ActionError(
                f"the newest revision, {newest}, is {made.wording}, not a release, and would get all traffic",
                next_step="deploy a release first: while the service is pinned it gets no traffic",
            )
        refs = {RevisionRef(name=r.name, digest=r.digest) for r in revisions if r.name == newest}
        is_verified = not refs.isdisjoint(self._ports.ledger.last_go(self._place, service))
        is_quarantined = self._ports.ledger.is_quarantined(self._place, service, newest)
        if is_quarantined or not is_verified:
            why = "was rolled back and not judged again" if is_quarantined else "has no recorded GO"
            if newest != state.sole_serving and not self._reason:
                raise ActionError(
                    f"{newest} {why}, and would get all traffic",
                    next_step="take it through the gate first, or say why not with --even-unverified REASON",
                )
        return RollBack(
            service=service,
            from_revision=state.sole_serving or state.latest_created,
            to_revision=newest,
            is_target_verified=is_verified,
            reason=self._reason or "unpinned",
            is_quarantined=False,
        )

    def _record(self, receipt: Receipt, before: ServiceState) -> Receipt:
        """Write into the ledger what was done, and return the receipt; it says so when that failed."""
        done = OperationReceipt(
            action=ACTION,
            subject=receipt.action.service,
            environment=self._place,
            state=OperationState(receipt.state.value),
            before=f"serves {before.sole_serving or 'a split'}, pinned: {before.traffic.is_pinned}",
            after=f"follows the latest, {receipt.action.to_revision}",
            detail=f"{receipt.detail}; {receipt.action.reason}",
            by=self._by,
            at=receipt.at,
        )
        try:
            self._ports.ledger.record_operation(done)
        except LedgerError as error:
            return replace(receipt, detail=f"{receipt.detail}; NOT RECORDED: {error.cause}")
        return receipt
