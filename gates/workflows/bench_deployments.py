"""The releases of the benchmark: another revision for a while, then what served before."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from gates.actions.ports import TrafficController
from gates.actions.traffic_move import TrafficMove, TrafficMover
from gates.errors import OperationFailedError
from gates.model.clock import Clock
from gates.model.configuration import NewRevision
from gates.model.state import ServiceState
from gates.model.traffic import TrafficSplit, TrafficTarget

_ALL = 100


class BenchDeployments:
    """Remembers what each service was like before its first deployment, and brings that back.

    No proof is demanded: what is deployed here may be meant not to answer.
    """

    def __init__(self, traffic: TrafficController, clock: Clock, cloud_name: Callable[[str], str]) -> None:
        self._traffic = traffic
        self._clock = clock
        self._cloud_name = cloud_name
        self._before: dict[str, ServiceState] = {}

    def deploy(self, service: str, image: str, *, percent: int, tag: str) -> str:
        """Deploy `image` as a new revision with a share of the traffic and perhaps a tag; return its name.

        A revision that the cloud accepted and that never became ready is returned too: it is what is judged.

        Raises:
            GateError: the cloud refused.
        """
        if service not in self._before:
            self._before[service] = self._traffic.describe(service)
        new = NewRevision(name=self._name(service), image=image)
        mine = (TrafficTarget(revision=new.name, percent=percent, tag=tag),) if percent or tag else ()

        def beside(state: ServiceState) -> TrafficSplit:
            rest = TrafficTarget(revision=state.latest_ready, percent=_ALL - percent)
            return TrafficSplit(targets=(*((rest,) if percent < _ALL else ()), *mine))

        try:
            self._move(service, new, beside)
        except OperationFailedError:
            return new.name
        return new.name

    def restore(self, service: str) -> None:
        """Deploy a copy of what was the latest before the first deployment, with the traffic of that time.

        Raises:
            OperationFailedError: it did not become ready: the service is not as it was.
            GateError: the cloud refused.
        """
        before = self._before.get(service)
        if before is None:
            return
        new = NewRevision(name=self._name(service), source=before.latest_ready)
        self._move(service, new, lambda _state: before.traffic)
        del self._before[service]

    def _move(self, service: str, new: NewRevision, wanted: Callable[[ServiceState], TrafficSplit]) -> None:
        move = TrafficMove(
            service=service,
            wanted=wanted,
            is_there=lambda state: state.latest_created == new.name,
            makes=new,
        )
        TrafficMover(move, self._traffic, self._clock).send()

    def _name(self, service: str) -> str:
        return f"{self._cloud_name(service)}-{secrets.token_hex(4)}"
