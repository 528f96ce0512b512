"""Changing a traffic list by reading, deciding and writing until what stands is what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from gates.actions.ports import TrafficController
from gates.errors import ActionError, ConflictError, GateError, UnavailableError
from gates.model.state import ServiceState
from gates.model.traffic import TrafficSplit

_ATTEMPTS = 4
_RETRY_S = 0.2


class Waits(Protocol):
    """Waits."""

    def wait(self, seconds: float) -> None:
        """Return after that many seconds."""


def change_traffic(
    traffic: TrafficController, clock: Waits, service: str, wanted: Callable[[ServiceState], TrafficSplit]
) -> ServiceState:
    """Write the list that `wanted` makes of the one that stands, and return the state after it.

    After a conflict or a lost answer the service is read and the list is made anew; what stands already is
    not written again. What `wanted` raises stops the write.

    Raises:
        ActionError: others wrote, or no answer came, each time.
        CloudError: the cloud refused.
    """
    trouble: GateError | None = None
    for _ in range(_ATTEMPTS):
        if trouble is not None:
            clock.wait(_RETRY_S)
        state = traffic.describe(service)
        split = wanted(state)
        if split == state.traffic:
            return state
        try:
            return traffic.shift(service, split, state.etag)
        except (ConflictError, UnavailableError) as error:
            trouble = error
    cause = trouble.cause if trouble else "no attempt was allowed"
    raise ActionError(f"gave up on the traffic of {service} after {_ATTEMPTS} attempts: {cause}")
