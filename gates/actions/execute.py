"""Carries out a rollback plan: wave after wave, exactly one receipt for each action.

Each step trusts what it reads and never its own memory, so doing a plan twice is doing it once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from enum import StrEnum

from gates.actions.attempt import Attempt, Patience
from gates.actions.ports import Announce, RollbackPorts
from gates.errors import LedgerError
from gates.model.decision import RollBack, RollbackPlan
from gates.model.receipt import Receipt, ReceiptState


class AfterFailure(StrEnum):
    """What happens to later waves when an action of a wave failed."""

    STOP = "stop"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionPolicy:
    """How a plan is carried out: how many actions at a time, and what a failure means for the next wave."""

    after_failure: AfterFailure = AfterFailure.STOP
    parallel: int = 9
    patience: Patience = field(default_factory=Patience)


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
        """Do every action of the plan and return the receipts in the plan's order; never raises for one."""
        receipts: list[Receipt] = []
        for number, wave in enumerate(plan.waves, start=1):
            stopped = self._stop_reason(receipts)
            done = self._skip(wave, stopped, number) if stopped else self._run_wave(wave, announce)
            if stopped:
                for receipt in done:
                    announce(receipt)
            receipts.extend(done)
        return tuple(receipts)

    def rehearse(self, plan: RollbackPlan, announce: Announce = lambda _receipt: None) -> tuple[Receipt, ...]:
        """Return what each action would send; writes nothing, neither to the cloud nor to the ledger."""
        receipts = tuple(self._attempt(action).rehearse() for action in plan.actions)
        for receipt in receipts:
            announce(receipt)
        return receipts

    def _attempt(self, action: RollBack) -> Attempt:
        return Attempt(action, self._ports, self._policy.patience)

    def _stop_reason(self, receipts: Sequence[Receipt]) -> str:
        if self._policy.after_failure is AfterFailure.CONTINUE:
            return ""
        failed = [r.action.service for r in receipts if r.state is ReceiptState.FAILED]
        return f"an earlier wave failed for {', '.join(failed)}" if failed else ""

    def _skip(self, wave: Sequence[RollBack], why: str, number: int) -> list[Receipt]:
        now = self._ports.clock.now()
        return [
            Receipt(
                action=action,
                state=ReceiptState.SKIPPED,
                at=now,
                seconds=0.0,
                detail=f"not tried, wave {number}: {why}",
            )
            for action in wave
        ]

    def _run_wave(self, wave: Sequence[RollBack], announce: Announce) -> list[Receipt]:
        with ThreadPoolExecutor(max_workers=min(self._policy.parallel, len(wave))) as pool:
            futures = {pool.submit(self._run_one, action): action for action in wave}
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

    def _run_one(self, action: RollBack) -> Receipt:
        """Do one action and record it in the worker, so that an interrupted caller loses no record."""
        receipt = self._attempt(action).execute()
        try:
            self._ports.ledger.record_rollback(self._environment, receipt, self._run_id)
        except LedgerError as error:
            return replace(receipt, detail=f"{receipt.detail}; NOT RECORDED: {error.cause}")
        return receipt
