"""One rollback of one service: a move of its traffic that ends in a receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gates.actions.ports import RollbackPorts, TagAwareProbe
from gates.actions.traffic_move import Patience, Proof, TrafficMove, TrafficMover
from gates.errors import ActionError, GateError
from gates.model.decision import RollBack
from gates.model.receipt import Receipt, ReceiptState
from gates.model.state import ServiceState
from gates.model.traffic import BEHIND_TAG, MAINTENANCE_TAG, TrafficSplit, TrafficTarget

_ALL = 100

Intend = Callable[[RollBack, TrafficSplit, str], None]
"""Called before each write with the action, the traffic and its etag. What it raises stops the write."""
Goal = Callable[[RollBack, TagAwareProbe], TrafficMove]


def all_to_target(action: RollBack, probe: TagAwareProbe) -> TrafficMove:
    """Return the move of all traffic to the action's target, by name.

    What floats with the latest revision does not count as there: it would move with the next deployment.
    """
    target = action.to_revision

    def is_there(state: ServiceState) -> bool:
        is_wanted = state.traffic.percent_of(target) == _ALL
        return is_wanted and (state.is_reconciling or state.sole_serving == target)

    def objection(state: ServiceState) -> ActionError | None:
        if not state.bearing.isdisjoint({action.from_revision, target}):
            return None
        return ActionError(
            f"another actor moved the traffic to {', '.join(sorted(state.bearing))}; not overwritten",
            next_step=f"look at it, then name the revision: --to {target}",
        )

    return TrafficMove(
        service=action.service,
        wanted=lambda state: state.traffic.all_to(target),
        is_there=is_there,
        objection=objection,
        proof=Proof(revision=target, asked=lambda: probe.answering_revision(action.service)),
    )


def staged(action: RollBack, probe: TagAwareProbe) -> TrafficMove:
    """Return the move of the tag `behind` to the target; the maintenance page keeps every percentage.

    The traffic list itself then says what comes back when maintenance ends.
    """
    service, target = action.service, action.to_revision

    def objection(state: ServiceState) -> ActionError | None:
        if not state.traffic.is_in_maintenance:
            return ActionError(
                f"{service} is not in maintenance any more; its traffic is not touched",
                next_step="gate rollback status, then gate rollback resume: it begins with the page",
            )
        if state.traffic.behind not in ("", action.from_revision, target):
            return ActionError(f"another actor put {state.traffic.behind} behind the page; not overwritten")
        return None

    return TrafficMove(
        service=service,
        wanted=lambda state: state.traffic.with_behind(target),
        is_there=lambda state: state.traffic.is_in_maintenance and state.traffic.behind == target,
        objection=objection,
        proof=Proof(revision=target, asked=lambda: probe.answering_behind(service, BEHIND_TAG)),
    )


class Attempt:
    """Carries out one action; `execute` and `rehearse` return its receipt and raise no GateError."""

    def __init__(
        self,
        action: RollBack,
        ports: RollbackPorts,
        patience: Patience,
        intend: Intend,
        *,
        goal: Goal | None = None,
    ) -> None:
        self._action = action
        self._ports = ports
        self._started = ports.clock.monotonic()
        move = (goal or (staged if action.is_held else all_to_target))(action, ports.probe)
        move = replace(move, intend=lambda state: intend(action, state.traffic, state.etag))
        self._move = move
        self._mover = TrafficMover(move, ports.traffic, ports.clock, patience)

    @property
    def was_overtaken(self) -> bool:
        """Whether another actor had moved the traffic before this action wrote anything."""
        return self._mover.was_overtaken

    def execute(self) -> Receipt:
        """Move the traffic unless it is there already, and prove it by the service's own answer."""
        return self.move() or self.prove()

    def move(self, *, is_waiting: bool = True) -> Receipt | None:
        """Move the traffic unless it is there already; return a receipt only if that failed.

        Without waiting the write is accepted and its operation may still run: `prove` waits for it.
        """
        try:
            self._mover.send(is_waiting=is_waiting)
        except GateError as error:
            return self._receipt(ReceiptState.FAILED, error.in_one_line())
        return None

    def prove(self) -> Receipt:
        """Return the receipt of what was moved, once the service itself answers with its target."""
        try:
            self._mover.prove()
        except GateError as error:
            return self._receipt(ReceiptState.FAILED, error.in_one_line())
        state = ReceiptState.DONE if self._mover.has_written else ReceiptState.ALREADY_DONE
        has = "has" if self._mover.has_written else "had already"
        return self._receipt(
            state, f"{self._action.to_revision} {has} {self._place}{self._how}", is_verified=True
        )

    @property
    def _place(self) -> str:
        return "the place behind the maintenance page" if self._action.is_held else "all traffic"

    @property
    def _how(self) -> str:
        """Say how the move is proven."""
        if (why := self._mover.unasked) is not None:
            return f"; moved according to the cloud, not asked: {why.in_one_line()}"
        return " and answers there" if self._action.is_held else " and answers"

    def rehearse(self) -> Receipt:
        """Return what would be sent."""
        try:
            if self._action.is_held:
                call: str | None = self._preview_staged()
            else:
                call = self._mover.preview()
        except GateError as error:
            return self._receipt(ReceiptState.FAILED, error.in_one_line())
        return self._receipt(ReceiptState.DRY_RUN, call or "nothing to send: all traffic is there already")

    def _preview_staged(self) -> str:
        """Return the call as it will be sent once the page is there."""
        split = self._move.wanted(self._mover.read())
        self._mover.after = split
        if not split.is_in_maintenance:
            tags = tuple(TrafficTarget(revision=t.revision, tag=t.tag) for t in split.targets if t.tag)
            page = TrafficTarget(revision="(the maintenance revision)", percent=_ALL, tag=MAINTENANCE_TAG)
            split = TrafficSplit(targets=(page, *tags))
        return self._ports.traffic.preview(self._action.service, split, "(as read then)")

    def _receipt(self, state: ReceiptState, detail: str, *, is_verified: bool = False) -> Receipt:
        clock = self._ports.clock
        return Receipt(
            action=self._action,
            state=state,
            at=clock.now(),
            seconds=clock.monotonic() - self._started,
            detail=detail,
            is_verified=is_verified,
            before=self._mover.before,
            after=self._mover.after,
        )
