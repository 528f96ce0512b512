"""The services' own endpoints for operators: health, circuit breakers, the cached-token fallback.

An operator signs in as the environment's identity `admin`, as a person does: password, then one-time code.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pyotp

from gates.adapters import secrets
from gates.adapters.network import Network
from gates.errors import CloudError, ConfigurationError, DeniedError, NotFoundError, UnavailableError
from gates.model.health import Circuit, Fallback, ServiceHealth
from gates.model.platform import Environment

AUTH = "auth-service"
GATEWAY = "api-gateway"
OPERATOR = "admin"
_SECONDS = 10.0
_CODE_PERIOD_S = 30
_CODE_TURNS = 2


class OperatorClient:
    """Speaks to the services of one environment; `address_of` gives a service's URL, `wait` waits seconds."""

    def __init__(
        self, environment: Environment, address_of: Callable[[str], str], wait: Callable[[float], None]
    ) -> None:
        self._identities = dict(environment.identities)
        self._vault = environment.endpoints.apis_grpc
        self._public = dict(environment.public_hosts)
        self._address_of = address_of
        self._wait = wait
        self._http = Network(environment.endpoints).client(seconds=_SECONDS)
        self._token: str | None = None

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def health(self, service: str) -> ServiceHealth:
        """Return what the service says of itself; trouble is part of the answer, never raised."""
        try:
            return self._health(service)
        except (CloudError, ConfigurationError) as error:
            return _silent(service, error.cause)

    def is_ready(self, service: str) -> bool:
        """Whether the service lives and is ready, without signing in; silence is no."""
        try:
            answers = [self._answer("GET", service, path) for path in ("/healthz", "/readyz")]
        except (CloudError, ConfigurationError):
            return False
        return all(answer.status_code == httpx.codes.OK for answer in answers)

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
        return _circuit(service, self.operate("POST", service, f"/internal/circuits/{name}:reset").json())

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

        A one-time code is good once; when this period's was used, the next is tried, then waited for.

        Raises:
            ConfigurationError: the environment has no such identity.
            CloudError: auth-service does not let it in.
        """
        reference = self._identities.get(identity)
        if reference is None:
            raise ConfigurationError(
                f"the environment has no identity {identity}",
                next_step=f"add it to the identities of the environment's document; known: "
                f"{', '.join(sorted(self._identities)) or 'none'}",
            )
        secret = secrets.resolve(reference, endpoint=self._vault)
        first = {"username": secret["username"], "password": secret["password"]}
        mfa_token = self._sent("POST", AUTH, "/v1/login", json=first).json()["mfaToken"]
        return str(self._second_factor(mfa_token, str(secret["totp_secret"]))["accessToken"])

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
        return self._answer("GET", service, path, token=token).status_code

    def _health(self, service: str) -> ServiceHealth:
        alive = self._answer("GET", service, "/healthz")
        ready = self._answer("GET", service, "/readyz")
        said = self._sent("GET", service, "/version").json()
        circuits = self.circuits(service)
        bad = [
            f"{path} answers {answer.status_code}"
            for path, answer in (("/healthz", alive), ("/readyz", ready))
            if answer.status_code != httpx.codes.OK
        ]
        bad += [f"the circuit to {one.name} is {one.state}" for one in circuits if not one.is_closed]
        return ServiceHealth(
            service=service,
            is_alive=alive.status_code == httpx.codes.OK,
            is_ready=ready.status_code == httpx.codes.OK,
            revision=str(said["revision"]),
            version=str(said["version"]),
            circuits=circuits,
            trouble="; ".join(bad),
        )

    def operate(self, method: str, service: str, path: str, json: Any = None) -> httpx.Response:
        """Send a request as the operator, signed in once, and anew when the token is no longer good.

        Raises:
            CloudError: the service refuses, or does not answer.
        """
        if self._token is not None:
            answer = self._answer(method, service, path, token=self._token, json=json)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return _good(answer, service)
        self._token = self.token(OPERATOR)
        return self._sent(method, service, path, token=self._token, json=json)

    def _second_factor(self, mfa_token: str, secret: str) -> Any:
        totp = pyotp.TOTP(secret)
        for turn in range(_CODE_TURNS):
            if turn:
                self._wait(_CODE_PERIOD_S - time.time() % _CODE_PERIOD_S + 0.1)
            for ahead in (0, _CODE_PERIOD_S):
                body = {"mfaToken": mfa_token, "code": totp.at(int(time.time()) + ahead)}
                answer = self._answer("POST", AUTH, "/v1/mfa/verify", json=body)
                if "code_reused" not in answer.text:
                    return _good(answer, AUTH).json()
        raise DeniedError(
            f"{AUTH} takes no one-time code of the identity",
            next_step="wait a minute: somebody else signs in as the same identity",
        )

    def _sent(self, method: str, service: str, path: str, **extras: Any) -> httpx.Response:
        return _good(self._answer(method, service, path, **extras), service)

    def _answer(
        self, method: str, service: str, path: str, *, token: str | None = None, json: Any = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        try:
            url = f"{self._address_of(service).rstrip('/')}{path}"
            return self._http.request(method, url, headers=headers, json=json)
        except httpx.HTTPError as error:
            raise UnavailableError(f"{service} does not answer: {type(error).__name__}") from error


def _good(answer: httpx.Response, service: str) -> httpx.Response:
    """Return a successful answer.

    Raises:
        CloudError: it is none; the subclass says what it is.
    """
    if answer.is_success:
        return answer
    kinds: dict[int, type[CloudError]] = {401: DeniedError, 403: DeniedError, 404: NotFoundError}
    kind = kinds.get(answer.status_code, UnavailableError if answer.is_server_error else CloudError)
    raise kind(f"{service} answers {answer.status_code} to {answer.request.method} {answer.url.path}")


def _silent(service: str, trouble: str) -> ServiceHealth:
    return ServiceHealth(
        service=service,
        is_alive=False,
        is_ready=False,
        revision="",
        version="",
        circuits=(),
        trouble=trouble,
    )


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
