"""A rollback behind the maintenance page: the page keeps the traffic, the target waits at its own URL.

One write moves the tag `behind` from the bad revision to the target, and leaves every percentage alone. The
traffic list itself then says what comes back when maintenance ends: there is nothing else to keep in step.
"""

from __future__ import annotations

from gates.actions.attempt import Attempt
from gates.errors import ActionError, GateError
from gates.model.receipt import Receipt, ReceiptState
from gates.model.state import ServiceState
from gates.model.traffic import BEHIND_TAG, MAINTENANCE_TAG, TrafficSplit, TrafficTarget


class HeldAttempt(Attempt):
    """Puts the target behind the page of one service, and proves that it answers there."""

    def rehearse(self) -> Receipt:
        """Return what would be sent; the page need not be there yet."""
        service = self._action.service
        try:
            state = self._read()
            self._after = self._wanted(state)
            list_then = self._after if self._after.is_in_maintenance else _behind_a_page(self._after)
            return self._receipt(
                ReceiptState.DRY_RUN, self._ports.traffic.preview(service, list_then, "(as read then)")
            )
        except GateError as error:
            return self._receipt(ReceiptState.FAILED, error.cause)

    def _wanted(self, state: ServiceState) -> TrafficSplit:
        return state.traffic.with_behind(self._action.to_revision)

    def _is_there(self, state: ServiceState) -> bool:
        return state.traffic.is_in_maintenance and state.traffic.behind == self._action.to_revision

    def _overtaken(self, state: ServiceState) -> ActionError | None:
        service = self._action.service
        if not state.traffic.is_in_maintenance:
            return ActionError(
                f"{service} is not in maintenance any more; its traffic is not touched",
                next_step="gate rollback status, then gate rollback resume: it begins with the page",
            )
        if state.traffic.behind not in ("", self._action.from_revision, self._action.to_revision):
            return ActionError(f"another actor put {state.traffic.behind} behind the page; not overwritten")
        return None

    def _answering(self) -> str | None:
        return self._ports.probe.answering_behind(self._action.service, BEHIND_TAG)

    def _proven(self, has: str) -> str:
        return f"{self._action.to_revision} {has} the place behind the maintenance page and answers there"


def _behind_a_page(split: TrafficSplit) -> TrafficSplit:
    tags = tuple(TrafficTarget(revision=t.revision, tag=t.tag) for t in split.targets if t.tag)
    page = TrafficTarget(revision="(the maintenance revision)", percent=100, tag=MAINTENANCE_TAG)
    return TrafficSplit(targets=(page, *tags))
