"""An infrastructure rollback: the same plan as any rollback, carried out by a build in the cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gates.actions.attempt import all_to_target
from gates.actions.ports import RollbackPorts
from gates.actions.traffic_move import Patience, TrafficMover
from gates.errors import ActionError, CloudError, GateError
from gates.model.decision import RollBack, RollbackPlan
from gates.model.operation import OperationReceipt
from gates.model.receipt import Receipt, ReceiptState
from gates.operations.performing import Change, Performer

_PROVEN_WITHIN_S = 120.0
_LOOK_EVERY_S = 0.2


class Builder(Protocol):
    """Runs builds. `run` raises CloudError."""

    def steps(self, actions: Sequence[RollBack]) -> tuple[tuple[str, ...], ...]:
        """Return the commands of the build."""

    def run(self, actions: Sequence[RollBack]) -> str:
        """Run the build to its end and return its id."""


class BuildRollback:
    """Rolls back through a build in one environment, and verifies it by the services' own answers.

    The ledger records it like any other rollback: the bad revision is quarantined before the traffic moves,
    and the verified result is written, so that running the command twice rolls back once.
    """

    def __init__(
        self, builder: Builder, ports: RollbackPorts, performer: Performer, environment: str
    ) -> None:
        self._builder = builder
        self._ports = ports
        self._performer = performer
        self._environment = environment

    def roll_back(self, plan: RollbackPlan, *, is_dry: bool) -> OperationReceipt:
        """Carry out every action of the plan that is not there yet, in one build and in the plan's order.

        Raises:
            ActionError: the plan has nothing to do, or a service is in maintenance.
            CloudError: a service cannot be read.
        """
        if not plan.actions:
            why = "; ".join(f"{service}: {reason}" for service, reason in plan.impossible)
            raise ActionError(f"there is nothing to roll back: {why or 'no service'}")
        actions = tuple(action for action in plan.actions if self._is_needed(action))
        change = Change(
            action="rollback build",
            subject=", ".join(action.service for action in plan.actions),
            before=", ".join(a.from_revision if a in actions else a.to_revision for a in plan.actions),
            after=", ".join(action.to_revision for action in plan.actions),
            calls=tuple(f"gcloud {' '.join(args)}" for args in self._builder.steps(actions)),
        )
        if is_dry:
            return self._performer.rehearse(change)
        return self._performer.perform(change, lambda: self._build(actions))

    def _is_needed(self, action: RollBack) -> bool:
        """Whether the service does not serve its target alone yet. Raises ActionError in maintenance."""
        state = self._ports.traffic.describe(action.service)
        if state.traffic.is_in_maintenance:
            raise ActionError(
                f"{action.service} is in maintenance, and a build would take its page away",
                next_step=f"gate maintenance off {action.service}",
            )
        return state.sole_serving != action.to_revision

    def _build(self, actions: Sequence[RollBack]) -> str:
        for action in actions:
            if action.is_quarantined:
                self._ports.ledger.quarantine(
                    self._environment, action.service, action.from_revision, action.reason
                )
        try:
            number = self._builder.run(actions)
        except CloudError as error:  # the steps before the one that failed are done
            back = [
                action.service for action in actions if self._prove(action, number="unknown", within_s=0.0)
            ]
            raise ActionError(
                f"{error.cause}; back all the same: {', '.join(back) or 'none'}", next_step=error.next_step
            ) from error
        away = [a for a in actions if not self._prove(a, number=number, within_s=_PROVEN_WITHIN_S)]
        if away:
            names = ", ".join(f"{action.service} as {action.to_revision}" for action in away)
            raise ActionError(
                f"build {number} is done, but these services do not answer as their target: {names}"
            )
        return f"build {number} is done, and every service answers as its target"

    def _prove(self, action: RollBack, *, number: str, within_s: float) -> bool:
        """Record a rollback once the service answers with its target, and say whether it did in time."""
        clock = self._performer.clock
        started = clock.monotonic()
        move = all_to_target(action, self._ports.probe)
        patience = Patience(settle_s=within_s, poll_s=_LOOK_EVERY_S)
        try:
            TrafficMover(move, self._ports.traffic, clock, patience).prove()
        except GateError:
            return False
        receipt = Receipt(
            action=action,
            state=ReceiptState.DONE,
            at=clock.now(),
            seconds=clock.monotonic() - started,
            detail=f"{action.to_revision} answers after build {number}",
            is_verified=True,
        )
        self._ports.ledger.record_rollback(self._environment, receipt, f"build-{number}")
        return True
