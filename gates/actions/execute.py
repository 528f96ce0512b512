"""Carries out a rollback plan: wave after wave, exactly one receipt for each action.

Each step trusts what it reads and never its own memory, so doing a plan twice is doing it once. The plan,
every write before it is sent, and every end are written into a journal under a lease: another gate stays out,
and the next command after a crash finds what is left to do. A journal that cannot be used stops no rollback:
going back matters more than the record of it, and every receipt says that it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from threading import Lock

from gates import aside
from gates.actions.attempt import Attempt
from gates.actions.ports import Announce, Lease, RollbackPorts
from gates.actions.traffic_move import Patience
from gates.errors import LeaseHeldError, LeaseLostError, LedgerError
from gates.model.decision import RollBack, RollbackPlan
from gates.model.receipt import Receipt, ReceiptState
from gates.model.rollback_policy import AfterFailure, Order, RollbackStrategy
from gates.model.traffic import TrafficSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionPolicy:
    """The strategy of a plan, how patient each action is, and whether a stop was asked for.

    `is_stopped` is asked before each wave: once it says yes, what runs is finished and nothing new begins.
    `by` is the person who asked for the plan, kept in the ledger; empty when the gate acts by itself.
    """

    strategy: RollbackStrategy = field(default_factory=RollbackStrategy)
    patience: Patience = field(default_factory=Patience)
    is_stopped: Callable[[], bool] = lambda: False
    by: str = ""


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
        tell = _one_at_a_time(announce)
        with ExitStack() as stack:
            try:
                lease = stack.enter_context(self._ports.journal.hold(self._environment, self._run_id))
                record = _Record(lease, plan)
            except LeaseHeldError as error:
                return tuple(self._skip(plan.actions, f"another gate acts: {error.cause}", tell))
            except LedgerError as error:
                record = _Record(None, plan, trouble=error.cause)
            receipts = self._waves(plan, record, tell)
            record.close(receipts)
            return receipts

    def rehearse(self, plan: RollbackPlan, announce: Announce = lambda _receipt: None) -> tuple[Receipt, ...]:
        """Return what each action would send; writes nothing, neither to the cloud nor to the ledger."""
        tell = _one_at_a_time(announce)
        receipts = tuple(self._attempt(action, _Record(None, plan)).rehearse() for action in plan.actions)
        for receipt in receipts:
            tell(receipt)
        return receipts

    def _waves(self, plan: RollbackPlan, record: _Record, tell: Announce) -> tuple[Receipt, ...]:
        """Move wave after wave; proofs are awaited before the next wave, or beside it, by strategy."""
        strategy = self._policy.strategy
        endings: list[Future[Receipt]] = []
        with (
            ThreadPoolExecutor(max_workers=strategy.parallel) as movers,
            ThreadPoolExecutor(max_workers=2 * len(plan.actions)) as provers,
        ):
            for number, wave in enumerate(plan.waves, start=1):
                if why := self._stop_reason(endings):
                    detail = f"not tried, wave {number}: {why}"
                    endings += [_ended(receipt) for receipt in self._skip(wave, detail, tell)]
                    continue
                moves = [movers.submit(self._move, action, record) for action in wave]
                wait(moves)
                proofs = [
                    provers.submit(self._end, action, provers.submit(_prove, move), record, tell)
                    for action, move in zip(wave, moves, strict=True)
                ]
                if strategy.order is Order.PROVEN:
                    wait(proofs)
                endings += proofs
        return tuple(ending.result() for ending in endings)

    def _attempt(self, action: RollBack, record: _Record) -> Attempt:
        def intend(action: RollBack, before: TrafficSplit, etag: str) -> None:
            record.intend(action, before, etag)
            self._quarantine(action, record)

        return Attempt(action, self._ports, self._policy.patience, intend)

    def _stop_reason(self, endings: Sequence[Future[Receipt]]) -> str:
        if self._policy.is_stopped():
            return "stopped by a signal"
        if self._policy.strategy.after_failure is AfterFailure.CONTINUE:
            return ""
        known = [ending.result() for ending in endings if ending.done()]
        failed = [r.action.service for r in known if r.state is ReceiptState.FAILED]
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

    def _move(self, action: RollBack, record: _Record) -> tuple[Attempt, Receipt | None]:
        """Move the traffic of one service; with a receipt when that failed.

        The bad revision is marked once the service was read, or could not be: only what another actor moved
        meanwhile is neither overwritten nor marked.
        """
        attempt = self._attempt(action, record)
        failure = attempt.move(is_waiting=self._policy.strategy.order is Order.PROVEN)
        if not attempt.was_overtaken:
            self._quarantine(action, record)
        return attempt, failure

    def _end(self, action: RollBack, proof: Future[Receipt], record: _Record, announce: Announce) -> Receipt:
        """Record one action in the worker, so that an interrupted caller loses no record.

        The ledger first, the end in the journal last: a crash between the two is resumed, and recorded again.
        """
        wait((proof,))
        defect = proof.exception()
        receipt = proof.result() if defect is None else self._defect(action, defect)
        try:
            self._ports.ledger.record_rollback(self._environment, receipt, self._run_id, by=self._policy.by)
        except LedgerError as error:
            record.note(error.cause)
        receipt = record.ended(receipt)
        announce(receipt)
        return receipt

    def _defect(self, action: RollBack, defect: BaseException) -> Receipt:
        """Turn a defect in one action into its receipt: the other services still need theirs."""
        return Receipt(
            action=action,
            state=ReceiptState.FAILED,
            at=self._ports.clock.now(),
            seconds=0.0,
            detail=f"defect of the gate, outcome unknown: {type(defect).__name__}: {defect}",
        )

    def _quarantine(self, action: RollBack, record: _Record) -> None:
        """Quarantine the bad revision once, before traffic leaves it: a crash in between must not hide it."""
        if not action.is_quarantined or not record.is_first_mark(action.service):
            return
        try:
            self._ports.ledger.quarantine(
                self._environment, action.service, action.from_revision, action.reason
            )
        except LedgerError as error:
            record.note(error.cause)


class _Record:
    """The journal of one plan; its errors stand in the receipts; only a lost lease stops the plan."""

    def __init__(self, lease: Lease | None, plan: RollbackPlan, *, trouble: str = "") -> None:
        self._lease = lease
        self._trouble = trouble
        self._marked: set[str] = set()
        if lease is not None:
            lease.begin(plan)

    def is_first_mark(self, service: str) -> bool:
        """Whether the bad revision of the service has not been marked by this plan; from now on it has."""
        is_first = service not in self._marked
        self._marked.add(service)
        return is_first

    def note(self, trouble: str) -> None:
        """Keep an error, so that every later receipt names it."""
        self._trouble = trouble

    def intend(self, action: RollBack, before: TrafficSplit, etag: str) -> None:
        """Write the intention down.

        Raises:
            LeaseLostError: another gate took over; the write must not be sent.
        """
        if self._lease is not None:
            try:
                self._lease.intend(action, before, etag)
            except LedgerError as error:
                self._trouble = error.cause

    def ended(self, receipt: Receipt) -> Receipt:
        """Write the end down and return the receipt, with what is missing in the journal."""
        if self._lease is not None:
            try:
                self._lease.ended(receipt)
            except (LedgerError, LeaseLostError) as error:
                self._trouble = self._trouble or error.cause
        if not self._trouble:
            return receipt
        return replace(receipt, detail=f"{receipt.detail}; NOT RECORDED: {self._trouble}")

    def close(self, receipts: Sequence[Receipt]) -> None:
        """Close the plan when every service is back; else it stays open, so that it can be resumed."""
        if self._lease is None or not all(receipt.is_verified for receipt in receipts):
            return
        try:
            self._lease.close("every service is back")
        except (LedgerError, LeaseLostError) as error:
            self._trouble = error.cause


def _prove(move: Future[tuple[Attempt, Receipt | None]]) -> Receipt:
    attempt, failure = move.result()
    return failure or attempt.prove()


def _ended(receipt: Receipt) -> Future[Receipt]:
    """Return a receipt as something that has ended already."""
    ending: Future[Receipt] = Future()
    ending.set_result(receipt)
    return ending


def _one_at_a_time(announce: Announce) -> Announce:
    """Return a listener that never hears two receipts at the same time, and whose failure is a note."""
    lock, guarded = Lock(), aside.heard(announce, "printing a receipt")

    def tell(receipt: Receipt) -> None:
        with lock:
            guarded(receipt)

    return tell
