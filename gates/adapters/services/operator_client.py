"""The services' own endpoints for operators: health, circuit breakers, the cached-token fallback.

Which service signs in, and which paths are asked, stands in `platform.yaml`. The operator signs in once for
all commands of one person (`gates.adapters.services.operator_sign_in`); a platform without a sign-in is asked
without a token.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from gates.adapters.machine.personal_files import PersonalFiles
from gates.adapters.services.operator_sign_in import OperatorSignIn
from gates.adapters.services.service_answers import document, good
from gates.adapters.services.service_connections import Answer
from gates.adapters.services.service_requests import ServiceRequests
from gates.errors import (
    CloudError,
    CodesUsedError,
    ConfigurationError,
    NotAskedError,
    NotSignedInError,
)
from gates.model.health import Circuit, Fallback, ServiceHealth
from gates.model.platform import Environment, Platform
from gates.model.service_contract import SignIn, TokenFallback, demanded_part
from gates.model.state import ServiceState


class OperatorClient:
    """Speaks to the services of one environment of the platform.

    `describe` asks the cloud about a service, `wait` waits seconds; `files` are what commands share.
    """

    def __init__(
        self,
        environment: Environment,
        platform: Platform,
        describe: Callable[[str], ServiceState],
        wait: Callable[[float], None],
        files: PersonalFiles,
    ) -> None:
        self._files = files
        self._requests = ServiceRequests(environment, describe, files)
        self._answer = self._requests.answer
        self._platform = platform
        self._signed_in: OperatorSignIn | None = None
        if platform.sign_in is not None:
            self._signed_in = OperatorSignIn(environment, platform.sign_in, self._asked_to_enter, wait, files)
        self._token: str | None = None

    def close(self) -> None:
        """Close every connection, and remember where the services answer."""
        self._requests.close()

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
        except NotAskedError as error:
            return ServiceHealth.unknown(service, error.in_one_line())
        except CloudError as error:
            return ServiceHealth.unknown(service, error.cause)

    def is_ready(self, service: str) -> bool:
        """Whether the service lives and is ready, without signing in; False if it does not answer.

        Raises:
            NotAskedError: Cloud Run refuses this caller, or cannot be reached from here.
        """
        paths = self._platform.health
        try:
            answers = [self._answer("GET", service, path) for path in (paths.live, paths.ready)]
        except NotAskedError:
            raise
        except (CloudError, ConfigurationError):
            return False
        return all(answer.status == HTTPStatus.OK for answer in answers)

    def circuits(self, service: str) -> tuple[Circuit, ...]:
        """Return the circuit breakers of a service.

        Raises:
            ConfigurationError: the platform names no path for them.
            CloudError: the service does not answer, or refuses.
        """
        answer = self.operate("GET", service, self._circuits)
        return tuple(_circuit(service, entry) for entry in answer.json()["items"])

    def reset_circuit(self, service: str, name: str) -> Circuit:
        """Close one circuit breaker and return it.

        Raises:
            ConfigurationError: the platform names no path for them.
            CloudError: there is no such circuit, or the service does not answer.
        """
        path = f"{self._circuits}/{quote(name, safe='')}:reset"
        return _circuit(service, self.operate("POST", service, path).json())

    def fallback(self) -> Fallback:
        """Return what the cached-token fallback does.

        Raises:
            ConfigurationError: the platform has none.
            CloudError: its service does not answer, or refuses.
        """
        return self._switched("GET")

    def switch_fallback(self, mode: str) -> Fallback:
        """Switch the fallback of every instance: `on`, `off`, or `auto`.

        Raises:
            ConfigurationError: the platform has none.
            CloudError: its service does not answer, or refuses.
        """
        return self._switched("PUT", {"mode": mode})

    def token(self, identity: str) -> str:
        """Sign an identity in anew and return its access token.

        Raises:
            ConfigurationError: the environment has no such identity, or the platform no sign-in.
            CloudError: the identity was not let in.
        """
        return demanded_part(self._signed_in, "signIn").anew(identity)

    def end_session(self) -> bool:
        """Forget the operator's shared session and end it at its issuer; False when there is none.

        Raises:
            CloudError: the issuer did not end it; it is forgotten all the same.
        """
        self._token = None
        if self._signed_in is None:
            return False
        return self._signed_in.end(self._paths.operator, self.sign_out)

    def sign_out(self, token: str) -> None:
        """Revoke a token at the issuer.

        Raises:
            CloudError: the issuer does not do it.
        """
        good(
            self._answer("POST", self._paths.service, self._paths.sign_out, token=token), self._paths.service
        )

    def status_with(self, token: str) -> int:
        """Return the HTTP status of a harmless request with that token to the service that has the fallback.

        Raises:
            CloudError: the service does not answer.
        """
        return self._answer("GET", self._fallback.service, self._fallback.check, token=token).status

    def is_session(self, token: str) -> bool:
        """Whether the issuer knows the session of that token.

        Raises:
            CloudError: the issuer does not answer.
        """
        answer = self._answer("GET", self._paths.service, self._paths.who_am_i, token=token)
        return answer.status == HTTPStatus.OK

    @property
    def _paths(self) -> SignIn:
        return demanded_part(self._platform.sign_in, "signIn")

    @property
    def _circuits(self) -> str:
        return demanded_part(self._platform.circuits, "circuits").path

    @property
    def _fallback(self) -> TokenFallback:
        circuits = demanded_part(self._platform.circuits, "circuits")
        return demanded_part(circuits.fallback, "circuits.fallback")

    def _switched(self, method: str, json: Any = None) -> Fallback:
        entry = self.operate(method, self._fallback.service, self._fallback.path, json).json()
        return Fallback(
            mode=str(entry["mode"]),
            max_age_s=float(entry["maxAgeSeconds"]),
            used=int(entry["used"]),
            refused=int(entry["refused"]),
        )

    def _health(self, service: str) -> ServiceHealth:
        paths = self._platform.health
        alive = self._answer("GET", service, paths.live)
        ready = self._answer("GET", service, paths.ready)
        said = document(self._answer("GET", service, paths.version), service, "revision", "version")
        bad = [
            f"{path} answers {answer.status}"
            for path, answer in ((paths.live, alive), (paths.ready, ready))
            if answer.status != HTTPStatus.OK
        ]
        circuits: tuple[Circuit, ...] = ()
        unasked = ""
        try:
            circuits = self.circuits(service) if self._platform.circuits else ()
        except NotSignedInError as error:
            is_own = service == self._paths.service and not isinstance(error.__cause__, CodesUsedError)
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
        if self._signed_in is None:
            return good(self._answer(method, service, path, json=json), service)
        token = self._token or self._signed_in.shared(self._paths.operator)
        answer = self._answer(method, service, path, token=token, json=json)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            token = self._signed_in.shared(self._paths.operator, refused=token)
            answer = self._answer(method, service, path, token=token, json=json)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            self._token = token
        return good(answer, service)

    def _asked_to_enter(self, path: str, body: dict[str, Any]) -> Answer:
        return self._answer("POST", self._paths.service, path, json=body)


def _circuit(service: str, entry: Any) -> Circuit:
    return Circuit(
        service=service,
        name=str(entry["name"]),
        state=str(entry["state"]),
        failures=int(entry["failures"]),
        opened=int(entry["opened"]),
    )
