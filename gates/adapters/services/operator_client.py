"""The services' own endpoints for operators: health, circuit breakers, the cached-token fallback.

An operator signs in as the environment's identity `admin`, once for all commands of one person
(`gates.adapters.services.operator_sign_in`), and only where the services demand it.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from gates.adapters.machine.personal_files import PersonalFiles
from gates.adapters.services.network import Network
from gates.adapters.services.operator_sign_in import OperatorSignIn
from gates.adapters.services.service_addresses import ServiceAddresses
from gates.adapters.services.service_answers import AUTH, document, good
from gates.adapters.services.service_connections import Answer, ServiceConnections, SilentError
from gates.errors import (
    CloudError,
    CodesUsedError,
    ConfigurationError,
    NotSignedInError,
    UnavailableError,
)
from gates.model.health import Circuit, Fallback, ServiceHealth
from gates.model.platform import Environment

GATEWAY = "api-gateway"
OPERATOR = "admin"
_SECONDS = 10.0


class OperatorClient:
    """Speaks to the services of one environment.

    `ask` asks the cloud for a service's URL, `wait` waits seconds; `files` are what commands share.
    """

    def __init__(
        self,
        environment: Environment,
        ask: Callable[[str], str],
        wait: Callable[[float], None],
        files: PersonalFiles,
    ) -> None:
        self._files = files
        self._addresses = ServiceAddresses(environment, ask, files)
        network = Network(environment.endpoints, self._addresses.hosts)
        self._http = ServiceConnections(network, seconds=_SECONDS)
        self._sign_in = OperatorSignIn(environment, self._asked_to_enter, wait, files)
        self._token: str | None = None

    def close(self) -> None:
        """Close every connection, and remember where the services answer."""
        self._addresses.keep()
        self._http.close()

    @property
    def why_unshared(self) -> str:
        """Why commands cannot share a session here; empty when they can."""
        return self._files.trouble

    def health(self, service: str) -> ServiceHealth:
        """Return what the service says of itself; trouble is part of the answer, never raised.

        Raises:
            ConfigurationError: nothing can be asked: credentials or an identity are missing.
        """
        try:
            return self._health(service)
        except CloudError as error:
            return ServiceHealth.unknown(service, error.cause)

    def is_ready(self, service: str) -> bool:
        """Whether the service lives and is ready, without signing in; silence is no."""
        try:
            answers = [self._answer("GET", service, path) for path in ("/healthz", "/readyz")]
        except (CloudError, ConfigurationError):
            return False
        return all(answer.status == HTTPStatus.OK for answer in answers)

    def circuits(self, service: str) -> tuple[Circuit, ...]:
        """Return the circuit breakers of a service.

        Raises:
            CloudError: the service does not answer, or refuses.
        """
        answer = self.operate("GET", service, "/internal/circuits")
        return tuple(_circuit(service, entry) for entry in answer.json()["items"])

    def reset_circuit(self, service: str, name: str) -> Circuit:
        """Close one circuit breaker and return it.

        Raises:
            CloudError: there is no such circuit, or the service does not answer.
        """
        return _circuit(
            service, self.operate("POST", service, f"/internal/circuits/{quote(name, safe='')}:reset").json()
        )

    def fallback(self) -> Fallback:
        """Return what the cached-token fallback of the gateway does.

        Raises:
            CloudError: the gateway does not answer, or refuses.
        """
        return _fallback(self.operate("GET", GATEWAY, "/internal/fallback").json())

    def switch_fallback(self, mode: str) -> Fallback:
        """Switch the fallback of all gateways: `on`, `off`, or `auto`.

        Raises:
            CloudError: the gateway does not answer, or refuses.
        """
        return _fallback(self.operate("PUT", GATEWAY, "/internal/fallback", {"mode": mode}).json())

    def token(self, identity: str) -> str:
        """Sign an identity in anew and return its access token.

        Raises:
            ConfigurationError: the environment has no such identity.
            CloudError: auth-service does not let it in.
        """
        return self._sign_in.anew(identity)

    def end_session(self) -> bool:
        """Forget the operator's shared session and end it at auth-service; False when there is none.

        Raises:
            CloudError: auth-service did not end it; it is forgotten all the same.
        """
        self._token = None
        return self._sign_in.end(OPERATOR, self.sign_out)

    def sign_out(self, token: str) -> None:
        """Revoke a token at the issuer.

        Raises:
            CloudError: auth-service does not do it.
        """
        self._sent("POST", AUTH, "/v1/logout", token=token)

    def status_with(self, token: str, service: str = GATEWAY) -> int:
        """Return the HTTP status of a harmless request with that token: to the gateway, or to auth-service.

        Raises:
            CloudError: the service does not answer.
        """
        path = "/v1/me" if service == AUTH else "/api/v1/limits"
        return self._answer("GET", service, path, token=token).status

    def _health(self, service: str) -> ServiceHealth:
        alive = self._answer("GET", service, "/healthz")
        ready = self._answer("GET", service, "/readyz")
        said = document(self._answer("GET", service, "/version"), service, "revision", "version")
        bad = [
            f"{path} answers {answer.status}"
            for path, answer in (("/healthz", alive), ("/readyz", ready))
            if answer.status != HTTPStatus.OK
        ]
        circuits: tuple[Circuit, ...] = ()
        unasked = ""
        try:
            circuits = self.circuits(service)
        except NotSignedInError as error:
            is_own = service == AUTH and not isinstance(error.__cause__, CodesUsedError)
            bad, unasked = ([*bad, error.cause], "") if is_own else (bad, error.cause)
        except CloudError as error:
            bad.append(error.cause)
        bad += [f"the circuit to {one.name} is {one.state}" for one in circuits if not one.is_closed]
        return ServiceHealth(
            service=service,
            is_alive=alive.status == HTTPStatus.OK,
            is_ready=ready.status == HTTPStatus.OK,
            revision=str(said["revision"]),
            version=str(said["version"]),
            circuits=circuits,
            trouble="; ".join(bad),
            unasked=unasked,
        )

    def operate(self, method: str, service: str, path: str, json: Any = None) -> Answer:
        """Send a request as the operator, with the shared session, and with a new one when it has ended.

        Raises:
            NotSignedInError: the operator was not let in; the service was not asked.
            CloudError: the service refuses, or does not answer.
        """
        token = self._token or self._sign_in.shared(OPERATOR)
        answer = self._answer(method, service, path, token=token, json=json)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            token = self._sign_in.shared(OPERATOR, refused=token)
            answer = self._answer(method, service, path, token=token, json=json)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            self._token = token
        return good(answer, service)

    def _asked_to_enter(self, path: str, body: dict[str, Any]) -> Answer:
        return self._answer("POST", AUTH, path, json=body)

    def _sent(self, method: str, service: str, path: str, **extras: Any) -> Answer:
        return good(self._answer(method, service, path, **extras), service)

    def _answer(
        self, method: str, service: str, path: str, *, token: str | None = None, json: Any = None
    ) -> Answer:
        """Return the answer; an address that leads nowhere is asked for once more.

        Raises:
            CloudError: there is no answer.
        """
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        url = self._addresses.of(service)
        try:
            answer = self._http.request(method, f"{url}{path}", headers=headers, document=json)
        except (SilentError, ConfigurationError) as error:  # the latter: nobody knows its name any more
            if not self._has_moved(service, url):
                cause = error.cause if isinstance(error, ConfigurationError) else str(error)
                raise UnavailableError(f"{service} does not answer: {cause}") from error
        else:
            is_lost = answer.status == HTTPStatus.NOT_FOUND
            if not is_lost or not self._has_moved(service, url):
                return answer
        return self._answer(method, service, path, token=token, json=json)

    def _has_moved(self, service: str, old: str) -> bool:
        """Whether a remembered URL was wrong; the right one is known from now on."""
        if not self._addresses.is_remembered(service):
            return False
        try:
            return self._addresses.command(service) != old
        except CloudError:
            return False


def _circuit(service: str, entry: Any) -> Circuit:
    return Circuit(
        service=service,
        name=str(entry["name"]),
        state=str(entry["state"]),
        failures=int(entry["failures"]),
        opened=int(entry["opened"]),
    )


def _fallback(entry: Any) -> Fallback:
    return Fallback(
        mode=str(entry["mode"]),
        max_age_s=float(entry["maxAgeSeconds"]),
        used=int(entry["used"]),
        refused=int(entry["refused"]),
    )
