"""Carries out a rollback plan: wave after wave, exactly one receipt for each action.

Each step trusts what it reads and never its own memory, so doing a plan twice is doing it once. The plan,
every write before it is sent, and every end are written into a journal under a lease: another gate stays out,
and whoever comes after a crash finds what is left to do. A journal that cannot be used stops no rollback:
going back matters more than the record of it, and every receipt says that it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from enum import StrEnum

from gates.actions.attempt import Attempt, Patience
from gates.actions.ports import Announce, RollbackPorts, Tenure
from gates.errors import LeaseHeldError, LeaseLostError, LedgerError
from gates.model.decision import RollBack, RollbackPlan
from gates.model.receipt import Receipt, ReceiptState
from gates.model.traffic import TrafficSplit


class AfterFailure(StrEnum):
    """What happens to later waves when an action of a wave failed."""

    STOP = "stop"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionPolicy:
    """How a plan is carried out: how many actions at a time, and what a failure means for the next wave.

    `is_stopped` is asked before each wave: once it says yes, what runs is finished and nothing new begins.
    """

    after_failure: AfterFailure = AfterFailure.STOP
    parallel: int = 9
    patience: Patience = field(default_factory=Patience)
    is_stopped: Callable[[], bool] = lambda: False


class Executor:
    """Carries out rollback plans in one environment under one run id."""

    def __init__(
        self, ports: RollbackPorts, *, environment: str, run_id: str, policy: ExecutionPolicy | None = None
    ) -> None:
        self._ports = ports
        self._environment = environment
        self._run_id = run_id
        self._policy = policy or ExecutionPolicy()

    def execute(self, plan: RollbackPlan, announce: Announce = lambda _receipt: None) -> tuple[Receipt, ...]:
        """Do every action of the plan and return the receipts in the plan's order; never raises for one.

        When another gate holds the lease every receipt is SKIPPED and says who.
        """
        if not plan.actions:
            return ()
        with ExitStack() as stack:
            try:
                tenure = stack.enter_context(self._ports.journal.hold(self._environment, self._run_id))
                record = _Record(tenure, plan)
            except LeaseHeldError as error:
                return tuple(self._skip(plan.actions, f"another gate acts: {error.cause}", announce))
            except LedgerError as error:
                record = _Record(None, plan, trouble=error.cause)
            receipts = self._waves(plan, record, announce)
            record.close(receipts)
            return receipts

    def rehearse(self, plan: RollbackPlan, announce: Announce = lambda _receipt: None) -> tuple[Receipt, ...]:
        """Return what each action would send; writes nothing, neither to the cloud nor to the ledger."""
        receipts = tuple(self._attempt(action, _Record(None, plan)).rehearse() for action in plan.actions)
        for receipt in receipts:
            announce(receipt)
        return receipts

    def _waves(self, plan: RollbackPlan, record: _Record, announce: Announce) -> tuple[Receipt, ...]:
        receipts: list[Receipt] = []
        for number, wave in enumerate(plan.waves, start=1):
            why = self._stop_reason(receipts)
            done = (
                self._skip(wave, f"not tried, wave {number}: {why}", announce)
                if why
                else self._run_wave(wave, record, announce)
            )
            receipts.extend(done)
        return tuple(receipts)

    def _attempt(self, action: RollBack, record: _Record) -> Attempt:
        return Attempt(action, self._ports, self._policy.patience, record.intend)

    def _stop_reason(self, receipts: Sequence[Receipt]) -> str:
        if self._policy.is_stopped():
            return "stopped by a signal"
        if self._policy.after_failure is AfterFailure.CONTINUE:
            return ""
        failed = [r.action.service for r in receipts if r.state is ReceiptState.FAILED]
        return f"an earlier wave failed for {', '.join(failed)}" if failed else ""

    def _skip(self, actions: Sequence[RollBack], detail: str, announce: Announce) -> list[Receipt]:
        now = self._ports.clock.now()
        receipts = [
            Receipt(action=action, state=ReceiptState.SKIPPED, at=now, seconds=0.0, detail=detail)
            for action in actions
        ]
        for receipt in receipts:
            announce(receipt)
        return receipts

    def _run_wave(self, wave: Sequence[RollBack], record: _Record, announce: Announce) -> list[Receipt]:
        with ThreadPoolExecutor(max_workers=min(self._policy.parallel, len(wave))) as pool:
            futures = {pool.submit(self._run_one, action, record): action for action in wave}
            done = {action.service: receipt for action, receipt in self._collect(futures, announce)}
        return [done[action.service] for action in wave]

    def _collect(
        self, futures: dict[Future[Receipt], RollBack], announce: Announce
    ) -> Iterator[tuple[RollBack, Receipt]]:
        for future in as_completed(futures):
            action = futures[future]
            defect = future.exception()
            receipt = future.result() if defect is None else self._defect(action, defect)
            announce(receipt)
            yield action, receipt

    def _defect(self, action: RollBack, defect: BaseException) -> Receipt:
        """Turn a defect in one action into its receipt: the other services still need theirs."""
        return Receipt(
            action=action,
            state=ReceiptState.FAILED,
            at=self._ports.clock.now(),
            seconds=0.0,
            detail=f"defect of the gate, outcome unknown: {type(defect).__name__}: {defect}",
        )

    def _run_one(self, action: RollBack, record: _Record) -> Receipt:
        """Do one action and record it in the worker, so that an interrupted caller loses no record.

        The ledger first, the end in the journal last: a crash between the two is resumed, and recorded again.
        """
        trouble = self._condemn(action)
        receipt = self._attempt(action, record).execute()
        try:
            self._ports.ledger.record_rollback(self._environment, receipt, self._run_id)
        except LedgerError as error:
            trouble = trouble or error.cause
        if trouble:
            receipt = replace(receipt, detail=f"{receipt.detail}; NOT RECORDED: {trouble}")
        return record.ended(receipt)

    def _condemn(self, action: RollBack) -> str:
        """Mark the bad revision before it is left: after a crash in between nobody may choose it."""
        if not action.is_condemned:
            return ""
        try:
            self._ports.ledger.tombstone(
                self._environment, action.service, action.from_revision, action.reason
            )
        except LedgerError as error:
            return error.cause
        return ""


class _Record:
    """The journal of one plan; its troubles are told in the receipts and stop nothing but a lost lease."""

    def __init__(self, tenure: Tenure | None, plan: RollbackPlan, *, trouble: str = "") -> None:
        self._tenure = tenure
        self._trouble = trouble
        if tenure is not None:
            tenure.begin(plan)

    def intend(self, action: RollBack, before: TrafficSplit, etag: str) -> None:
        """Write the intention down.

        Raises:
            LeaseLostError: another gate took over; the write must not be sent.
        """
        if self._tenure is not None:
            try:
                self._tenure.intend(action, before, etag)
            except LedgerError as error:
                self._trouble = error.cause

    def ended(self, receipt: Receipt) -> Receipt:
        """Write the end down and return the receipt, with what is missing in the journal."""
        if self._tenure is not None:
            try:
                self._tenure.ended(receipt)
            except (LedgerError, LeaseLostError) as error:
                self._trouble = self._trouble or error.cause
        if not self._trouble:
            return receipt
        return replace(receipt, detail=f"{receipt.detail}; NOT IN THE JOURNAL: {self._trouble}")

    def close(self, receipts: Sequence[Receipt]) -> None:
        """Close the plan when every service is back; else it stays open, so that it can be resumed."""
        if self._tenure is None or not all(receipt.is_verified for receipt in receipts):
            return
        try:
            self._tenure.close("every service is back")
        except (LedgerError, LeaseLostError) as error:
            self._trouble = error.cause
