"""Does an operation once: the state before it is recorded before the first write, and the end after it.

A crash in between leaves the STARTED row, which says what has to be restored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gates.actions.ports import Ledger
from gates.errors import GateError, LedgerError
from gates.model.clock import Clock
from gates.model.operation import OperationReceipt, OperationState

_BEGUN = (OperationState.STARTED, OperationState.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an operation changes: `before` and `after` as words or JSON, `calls` as the exact API calls."""

    action: str
    subject: str
    before: str
    after: str
    calls: tuple[str, ...]

    @property
    def is_needed(self) -> bool:
        """Whether the wanted state is not there yet."""
        return self.before != self.after


class Performer:
    """Performs changes in one environment in the name of one person, and records each of them."""

    def __init__(self, ledger: Ledger, clock: Clock, *, environment: str, by: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._environment = environment
        self._by = by
        self._confirm: Callable[[], None] = lambda: None

    @contextmanager
    def under(self, confirm: Callable[[], None]) -> Iterator[None]:
        """Call `confirm` before each act of the block: it raises GateError when this gate may not act."""
        self._confirm = confirm
        try:
            yield
        finally:
            self._confirm = lambda: None

    @property
    def clock(self) -> Clock:
        """The clock that the receipts are stamped with."""
        return self._clock

    def rehearse(self, change: Change) -> OperationReceipt:
        """Return what `perform` would do; writes nothing anywhere."""
        return self._receipt(change, OperationState.DRY_RUN, "; ".join(change.calls) or "nothing to do")

    def perform(
        self, change: Change, act: Callable[[], str], check: Callable[[], None] = lambda: None
    ) -> OperationReceipt:
        """Do it and return the receipt: `act` returns what to report, or raises GateError.

        `check` raises GateError when what is there already does not hold.

        Raises:
            LedgerError: the ledger cannot be written; nothing was done when that happens before the act.
        """
        if not change.is_needed:
            try:
                check()
            except GateError as error:
                return self._recorded(change, OperationState.FAILED, error.diagnostics())
            return self._recorded(change, OperationState.ALREADY_DONE, "nothing to do")
        self._recorded(change, OperationState.STARTED, "; ".join(change.calls))
        try:
            self._confirm()
            detail = act()
        except GateError as error:
            return self._ended(change, OperationState.FAILED, error.diagnostics())
        return self._ended(change, OperationState.DONE, detail)

    def remembered(self, subject: str, *, on: str, off: str) -> str | None:
        """Return what was there before the first `on` that no finished `off` followed, None without one."""
        found: str | None = None
        for receipt in self._ledger.operations(self._environment, subject):
            if receipt.action == off and receipt.state is OperationState.DONE:
                break
            if receipt.action == on and receipt.state in _BEGUN:
                found = receipt.before
        return found

    def begun(self, subject: str, *, on: str, off: str) -> OperationReceipt | None:
        """Return the newest begun `on` that no finished `off` followed, None without one."""
        for receipt in self._ledger.operations(self._environment, subject):
            if receipt.action == off and receipt.state is OperationState.DONE:
                return None
            if receipt.action == on and receipt.state in _BEGUN:
                return receipt
        return None

    def _ended(self, change: Change, state: OperationState, detail: str) -> OperationReceipt:
        """Record the end of what was done; that it is not on record makes it no less done."""
        try:
            return self._recorded(change, state, detail)
        except LedgerError as error:
            return self._receipt(change, state, f"{detail}; NOT RECORDED: {error.cause}")

    def _recorded(self, change: Change, state: OperationState, detail: str) -> OperationReceipt:
        receipt = self._receipt(change, state, detail)
        self._ledger.record_operation(receipt)
        return receipt

    def _receipt(self, change: Change, state: OperationState, detail: str) -> OperationReceipt:
        return OperationReceipt(
            action=change.action,
            subject=change.subject,
            environment=self._environment,
            state=state,
            before=change.before,
            after=change.after,
            detail=detail,
            by=self._by,
            at=self._clock.now(),
        )
