"""Circuit breakers by hand: look, reset, and the cached-token fallback with its proof."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from gates.errors import ActionError, CloudError, NotSignedInError
from gates.model.clock import Clock
from gates.model.health import Circuit
from gates.model.operation import OperationReceipt
from gates.model.service_contract import CircuitBreakers, demanded_part
from gates.operations.performing import Change, Performer
from gates.operations.ports import Services

OK = 200
UNAUTHORIZED = 401
_LEARNS_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.2
_BURST = 5


class CircuitOperations:
    """What an operator does to circuits, at the paths that the platform names."""

    def __init__(self, services: Services, performer: Performer, paths: CircuitBreakers | None) -> None:
        self._services = services
        self._paths = paths
        self._performer = performer

    def of(self, names: Sequence[str]) -> dict[str, tuple[Circuit, ...] | str]:
        """Return the circuits of each service, or why it does not say.

        Raises:
            NotSignedInError: no service could be asked.
        """
        with ThreadPoolExecutor(max_workers=len(names)) as pool:
            return dict(zip(names, pool.map(self._of, names), strict=True))

    def _of(self, service: str) -> tuple[Circuit, ...] | str:
        try:
            return self._services.circuits(service)
        except NotSignedInError:
            raise
        except CloudError as error:
            return error.cause

    def reset(self, service: str, *, is_dry: bool) -> tuple[OperationReceipt, ...]:
        """Close every circuit of a service that is not closed; one receipt for each, none when all are.

        Raises:
            CloudError: the circuits cannot be read.
        """
        return tuple(
            self._reset(circuit, is_dry=is_dry)
            for circuit in self._services.circuits(service)
            if not circuit.is_closed
        )

    def _reset(self, circuit: Circuit, *, is_dry: bool) -> OperationReceipt:
        change = Change(
            action="circuit reset",
            subject=circuit.service,
            before=f"{circuit.name} {circuit.state}",
            after=f"{circuit.name} closed",
            calls=(f"POST {circuit.service} {self._known_paths.path}/{circuit.name}:reset",),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            closed = self._services.reset_circuit(circuit.service, circuit.name)
            if not closed.is_closed:
                raise ActionError(f"the circuit to {circuit.name} is {closed.state} after its reset")
            return f"closed after {circuit.failures} failures"

        return self._performer.perform(change, act)

    @property
    def _known_paths(self) -> CircuitBreakers:
        return demanded_part(self._paths, "circuits")

    def switch_fallback(self, mode: str, *, witnesses: tuple[str, str], is_dry: bool) -> OperationReceipt:
        """Switch the fallback; switching it on counts only with the proof of `FallbackProof`.

        Args:
            mode: `on`, `off` or `auto`.
            witnesses: two identities that can be signed in for the proof.
            is_dry: say what would be done and do nothing.

        Raises:
            ConfigurationError: the platform has no fallback.
            CloudError: its service cannot be asked what it does now.
        """
        paths = demanded_part(self._known_paths.fallback, "circuits.fallback")
        change = Change(
            action="fallback",
            subject=paths.service,
            before=self._services.fallback().mode,
            after=mode,
            calls=(f"PUT {paths.service} {paths.path} mode={mode}",),
        )
        if is_dry:
            return self._performer.rehearse(change)
        proof = FallbackProof(self._services, self._performer.clock)
        if mode != "on":
            return self._performer.perform(
                change, lambda: f"mode {self._services.switch_fallback(mode).mode}"
            )
        return self._performer.perform(change, lambda: proof.switch_on(*witnesses))


class FallbackProof:
    """Switches the fallback on and shows that it does what it is for, and not more.

    A token that its service remembers is served although the sign-in is not asked (the service's own counter
    of cached answers grows), and one that was revoked before stays refused. Otherwise the fallback goes back.
    """

    def __init__(self, services: Services, clock: Clock) -> None:
        self._services = services
        self._clock = clock

    def switch_on(self, witness: str, revoked_witness: str) -> str:
        """Switch it on and return the proof in words.

        Raises:
            ActionError: the proof failed; the fallback is as it was before.
            CloudError: the service of the fallback or the sign-in does not answer.
        """
        before = self._services.fallback()
        cached, revoked = self._services.token(witness), self._services.token(revoked_witness)
        self._demand(cached, OK, "a good token before the switch")
        self._demand(revoked, OK, "the token that is to be revoked")
        self._services.sign_out(revoked)
        self._demand(revoked, UNAUTHORIZED, "the revoked token before the switch")
        used = self._services.switch_fallback("on").used
        try:
            self._demand(cached, OK, "the cached token")
            self._demand(revoked, UNAUTHORIZED, "the revoked token")
            self._demand_use(cached, used)
        except ActionError:
            self._services.switch_fallback(before.mode)
            raise
        return f"on: a cached token is served without the sign-in, a revoked one refused ({UNAUTHORIZED})"

    def _demand(self, token: str, status: int, what: str) -> None:
        """Demand a status soon: its service hears of a revocation within a second."""
        found: list[int] = []

        def is_learnt() -> bool:
            found.append(self._services.status_with(token))
            return found[-1] == status

        if not self._clock.until(is_learnt, within=_LEARNS_WITHIN_S, every=_LOOK_EVERY_S):
            raise ActionError(f"{what} got {found[-1]}, wanted {status}")

    def _demand_use(self, token: str, used: int) -> None:
        """Demand that the service itself counts more cached answers than the operator's one look explains."""
        counts = [used]

        def is_used() -> bool:
            for _ in range(_BURST):
                self._services.status_with(token)
            counts.append(self._services.fallback().used)
            return counts[-1] - counts[-2] > 1

        if not self._clock.until(is_used, within=_LEARNS_WITHIN_S, every=_LOOK_EVERY_S):
            raise ActionError("the token was served, but not from its cache")
