"""Recovering a service from a recorded image: the image of the revision that serves, or of an earlier one."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from gates.actions.ports import RevisionProbe, RollbackPorts
from gates.actions.traffic_move import TrafficMove, TrafficMover, deployment
from gates.errors import ActionError
from gates.model.configuration import NewRevision
from gates.model.operation import OperationReceipt
from gates.model.state import Purpose, ServiceState
from gates.operations.performing import Change, Performer


def take_over(state: ServiceState, new: NewRevision, probe: RevisionProbe) -> TrafficMove:
    """Return the move of a service's traffic to a new revision, from the list that was just read.

    Raises:
        ActionError: the service is in maintenance, and the new revision would take the page away.
    """
    if state.traffic.is_in_maintenance:
        raise ActionError(
            f"{state.service} is in maintenance, and {new.name} would take its page away",
            next_step=f"gate maintenance off {state.service}",
        )
    split = state.traffic.all_to(new.name) if state.traffic.is_pinned else state.traffic
    return deployment(state.service, new, split, over=state.traffic, probe=probe)


class Redeployment:
    """Makes copies of revisions that existed; `cloud_name` gives the cloud's name of a service."""

    def __init__(self, ports: RollbackPorts, performer: Performer, cloud_name: Callable[[str], str]) -> None:
        self._ports = ports
        self._performer = performer
        self._cloud_name = cloud_name

    def redeploy(self, service: str, source: str | None, *, is_dry: bool) -> OperationReceipt:
        """Deploy a copy of `source`, or of what serves; it takes over the traffic and answers.

        Raises:
            ActionError: the service is in maintenance.
            CloudError: the service cannot be read.
        """
        state = self._ports.traffic.describe(service)
        wanted = source or state.main_revision
        revision = f"{self._cloud_name(service)}-again-{secrets.token_hex(3)}"
        new = NewRevision(name=revision, purpose=Purpose.REDEPLOY, source=wanted)
        move = take_over(state, new, self._ports.probe)
        change = Change(
            action="redeploy",
            subject=service,
            before=state.main_revision,
            after=f"{revision}, a copy of {wanted}",
            calls=(self._ports.traffic.preview(service, move.wanted(state), state.etag, new),),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            TrafficMover(move, self._ports.traffic, self._ports.clock).execute()
            return f"{revision} runs the image of {wanted}" + (" and answers" if move.proof else "")

        return self._performer.perform(change, act)
