"""An infrastructure rollback: the same plan as any rollback, carried out by a build in the cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gates.actions.ports import RevisionProbe
from gates.errors import ActionError
from gates.model.decision import RollBack, RollbackPlan
from gates.model.operation import OperationReceipt
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
    """Rolls back through a build, and proves it by the services' own answers."""

    def __init__(self, builder: Builder, probe: RevisionProbe, performer: Performer) -> None:
        self._builder = builder
        self._probe = probe
        self._performer = performer

    def roll_back(self, plan: RollbackPlan, *, is_dry: bool) -> OperationReceipt:
        """Carry out every action of the plan in one build, in the plan's order.

        Raises:
            ActionError: the plan has nothing to do.
        """
        actions = plan.actions
        if not actions:
            why = "; ".join(f"{service}: {reason}" for service, reason in plan.impossible)
            raise ActionError(f"there is nothing to roll back: {why or 'no service'}")
        change = Change(
            action="rollback build",
            subject=", ".join(action.service for action in actions),
            before=", ".join(action.from_revision for action in actions),
            after=", ".join(action.to_revision for action in actions),
            calls=tuple(f"gcloud {' '.join(args)}" for args in self._builder.steps(actions)),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            number = self._builder.run(actions)
            for action in actions:
                self._prove(action)
            return f"build {number} is done, and every service answers as its target"

        return self._performer.perform(change, act)

    def _prove(self, action: RollBack) -> None:
        clock = self._performer.clock
        started = clock.monotonic()
        while (found := self._probe.answering_revision(action.service)) != action.to_revision:
            if clock.monotonic() - started >= _PROVEN_WITHIN_S:
                raise ActionError(f"{action.service} answers as {found}, not as {action.to_revision}")
            clock.wait(_LOOK_EVERY_S)
