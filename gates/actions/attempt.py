"""One rollback of one service: read, decide, write, settle, prove."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gates.actions.ports import RollbackPorts
from gates.errors import ActionError, ConflictError, GateError, UnavailableError
from gates.model.decision import RollBack
from gates.model.receipt import Receipt, ReceiptState
from gates.model.state import ServiceState
from gates.model.traffic import TrafficSplit

_ALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often one action tries; times in seconds.

    Cloud Run moves traffic some time after the operation ended, so `settle_s` is how long the service may
    take to answer with the wanted revision `answers` times in a row. It is asked every `poll_s` while it does
    not, which spares a platform in trouble, and every `confirm_s` while it does.
    """

    answers: int = 3
    settle_s: float = 90.0
    poll_s: float = 0.25
    confirm_s: float = 0.05
    attempts: int = 4
    retry_s: float = 0.2


Intend = Callable[[RollBack, TrafficSplit, str], None]
"""Told before each write: the action, the traffic that stands, its etag. What it raises stops the write."""


class Attempt:
    """Carries out one action; `execute` and `rehearse` return its receipt and raise no GateError."""

    def __init__(self, action: RollBack, ports: RollbackPorts, patience: Patience, intend: Intend) -> None:
        self._action = action
        self._intend = intend
        self._ports = ports
        self._patience = patience
        self._started = ports.clock.monotonic()
        self._before: TrafficSplit | None = None
        self._after: TrafficSplit | None = None
        self.was_overtaken = False
        """Whether somebody else had moved the traffic before this action wrote anything."""
        self._has_written = False
        self._pending: Callable[[], ServiceState] | None = None

    def execute(self) -> Receipt:
        """Move the traffic unless it is there already, and prove it by the service's own answer."""
        return self.move() or self.prove()

    def move(self, *, is_waiting: bool = True) -> Receipt | None:
        """Move the traffic unless it is there already; return a receipt only if that failed.

        Without waiting the write is accepted and its operation may still run: `prove` waits for it.
        """
        try:
            self._has_written = self._move(is_waiting=is_waiting)
        except GateError as error:
            return self._receipt(ReceiptState.FAILED, _in_one_line(error))
        return None

    def prove(self) -> Receipt:
        """Return the receipt of what was moved, once the service itself answers with its target."""
        try:
            self._wait_for_end()
            self._settle()
            self._confirm()
        except GateError as error:
            return self._receipt(ReceiptState.FAILED, _in_one_line(error))
        if self._has_written:
            return self._receipt(ReceiptState.DONE, self._proven("has"), is_verified=True)
        return self._receipt(ReceiptState.ALREADY_DONE, self._proven("had already"), is_verified=True)

    def _proven(self, has: str) -> str:
        """Say what the proof showed."""
        return f"{self._action.to_revision} {has} all traffic and answers"

    def rehearse(self) -> Receipt:
        """Return what would be sent."""
        service = self._action.service
        try:
            state = self._read()
            if self._is_there(state):
                return self._receipt(ReceiptState.DRY_RUN, "nothing to send: all traffic is there already")
            self._refuse_if_overtaken(state)
            self._after = self._wanted(state)
            return self._receipt(
                ReceiptState.DRY_RUN, self._ports.traffic.preview(service, self._after, state.etag)
            )
        except GateError as error:
            return self._receipt(ReceiptState.FAILED, _in_one_line(error))

    def _wait_for_end(self) -> None:
        """Wait for a write that was only accepted so far; one that came to nothing is tried again."""
        if self._pending is None:
            return
        try:
            self._pending()
        except (ConflictError, UnavailableError):
            self._move(is_waiting=True)

    def _move(self, *, is_waiting: bool) -> bool:
        """Write until the truth is as wanted; return whether anything had to be written.

        A conflict and a lost answer both lead back to reading: what was read decides, not what was sent.
        """
        service, has_written = self._action.service, False
        trouble: GateError | None = None
        for _ in range(self._patience.attempts):
            if trouble is not None:
                self._ports.clock.wait(self._patience.retry_s)
            try:
                state = self._read()
                if self._is_there(state):
                    return has_written
                self._refuse_if_overtaken(state)
                self._intend(self._action, state.traffic, state.etag)
                has_written = True
                ended = self._ports.traffic.send(service, self._wanted(state), state.etag)
                if is_waiting:
                    ended()
                else:
                    self._pending = ended
            except (ConflictError, UnavailableError) as error:
                trouble = error
            else:
                return True
        cause = trouble.cause if trouble else "no attempt was allowed"
        raise ActionError(f"gave up after {self._patience.attempts} attempts: {cause}")

    def _read(self) -> ServiceState:
        state = self._ports.traffic.describe(self._action.service)
        self._before = self._before or state.traffic
        self._after = state.traffic
        return state

    def _wanted(self, state: ServiceState) -> TrafficSplit:
        """Return the traffic list to write, made from the one that stands."""
        return state.traffic.all_to(self._action.to_revision)

    def _is_there(self, state: ServiceState) -> bool:
        """Whether the list names the target for everything and the cloud applied it or is about to.

        What floats with the latest revision does not count: it would move with the next deployment.
        """
        is_wanted = state.traffic.percent_of(self._action.to_revision) == _ALL
        return is_wanted and (state.is_reconciling or state.sole_serving == self._action.to_revision)

    def _refuse_if_overtaken(self, state: ServiceState) -> None:
        """Never overwrite a move of somebody else who already took the traffic off the bad revision.

        Raises:
            ActionError: somebody did.
        """
        overtaken = self._overtaken(state)
        if overtaken is not None:
            self.was_overtaken = True
            raise overtaken

    def _overtaken(self, state: ServiceState) -> ActionError | None:
        """Return why the move of somebody else stands in the way, if one does.

        It does when the revision to leave has no traffic any more, and the target is not where it went.
        """
        bearing = state.bearing
        if not bearing.isdisjoint({self._action.from_revision, self._action.to_revision}):
            return None
        return ActionError(
            f"another actor moved the traffic to {', '.join(sorted(bearing))}; not overwritten",
            next_step=f"look at it, then name the revision: --to {self._action.to_revision}",
        )

    def _settle(self) -> None:
        """Ask the service itself until it answers with the target often enough in a row.

        Raises:
            ActionError: the deadline passed first.
        """
        clock, patience = self._ports.clock, self._patience
        deadline = clock.monotonic() + patience.settle_s
        in_a_row = 0
        while True:
            answered = self._answering()
            in_a_row = in_a_row + 1 if answered == self._action.to_revision else 0
            if in_a_row >= patience.answers:
                return
            if clock.monotonic() >= deadline:
                said = answered or "no single revision"
                raise ActionError(
                    f"{said} answers after {patience.settle_s:g} s, wanted {self._action.to_revision}"
                )
            clock.wait(patience.confirm_s if in_a_row else patience.poll_s)

    def _answering(self) -> str | None:
        return self._ports.probe.answering_revision(self._action.service)

    def _confirm(self) -> None:
        """Read once more: a list replaced in between would undo what was proven.

        Raises:
            ActionError: the traffic list is not as wanted any more.
        """
        state = self._read()
        if not self._is_there(state):
            raise ActionError("another actor changed the traffic while it settled")

    def _receipt(self, state: ReceiptState, detail: str, *, is_verified: bool = False) -> Receipt:
        clock = self._ports.clock
        return Receipt(
            action=self._action,
            state=state,
            at=clock.now(),
            seconds=clock.monotonic() - self._started,
            detail=detail,
            is_verified=is_verified,
            before=self._before,
            after=self._after,
        )


def _in_one_line(error: GateError) -> str:
    return f"{error.cause} → {error.next_step}" if error.next_step else error.cause
