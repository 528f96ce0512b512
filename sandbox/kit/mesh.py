"""Calls to other services through the mesh, each dependency behind its own circuit breaker."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio.from_thread
import httpx
from pydantic import ValidationError

from sandbox.kit import trace
from sandbox.kit.breaker import CircuitOpenError, Circuits
from sandbox.kit.credentials import client_secret
from sandbox.kit.identity import ACTING_SUBJECT_HEADER, ACTING_TENANT_HEADER, Principal
from sandbox.kit.models import Part
from sandbox.kit.problem import Problem
from sandbox.kit.settings import Settings

AUTH = "auth-service"
Answer = TypeVar("Answer", bound=Part)
_TOKEN_SPARE_S = 30.0
_INVOKER_TOKEN_S = 3000.0
"""How long a token of Google's is used; it is good for an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to another service. With a `principal` the service acts for that person's tenant."""

    service: str
    method: str
    path: str
    principal: Principal | None = None
    json: Any = None
    params: Mapping[str, str | int] | None = None
    headers: Mapping[str, str] | None = None
    timeout_s: float | None = None
    is_anonymous: bool = False
    """Send no service token: for the endpoints that give tokens and keys."""


class Mesh:
    """Speaks to the other services; made before the event loop, connects on first use."""

    def __init__(self, settings: Settings, circuits: Circuits) -> None:
        self._settings = settings
        self.circuits = circuits
        self._transport: httpx.AsyncHTTPTransport | None = None
        self._tokens: dict[str, tuple[str, float]] = {}
        self._invoker_tokens: dict[str, tuple[str, float]] = {}

    async def close(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def request(self, call: Call) -> httpx.Response:
        """Make a call and return its answer, whatever its status below 500.

        Raises:
            Problem: 503 with Retry-After: no answer in good order, or the circuit is open.
        """
        try:
            async with self.exchange(call) as response:
                await response.aread()
        except (CircuitOpenError, httpx.HTTPError) as error:
            raise unavailable(call.service, error) from error
        if response.status_code >= 500:
            raise unavailable(call.service, None)
        return response

    def call(self, call: Call) -> httpx.Response:
        """Do the same from a plain `def` handler, which runs in a worker thread."""
        return anyio.from_thread.run(self.request, call)

    def read(self, call: Call, shape: type[Answer], *, missing: Problem | None = None) -> Answer:
        """Call from a plain `def` handler and read the document of the answer.

        Raises:
            Problem: `missing` when it is given and the answer is 404; 503 without a document of the shape.
        """
        answer = self.call(call)
        if answer.status_code == 404 and missing is not None:
            raise missing
        if answer.status_code != 200:
            raise Problem(503, f"{call.service} refused to answer.", code="dependency_refused")
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError as error:
            detail = f"{call.service} answered in another shape."
            raise Problem(503, detail, code="dependency_unreadable") from error

    @asynccontextmanager
    async def exchange(self, call: Call, content: bytes | None = None) -> AsyncIterator[httpx.Response]:
        """Send and give the answer with its body unread; the breaker learns from the status.

        Raises:
            CircuitOpenError: the circuit is open.
            httpx.HTTPError: the service could not be reached or did not answer in time.
        """
        headers = await self._headers(call)
        breaker = self.circuits.of(call.service)
        breaker.enter()
        try:
            response = await self._http().handle_async_request(self._built(call, headers, content))
        except httpx.HTTPError:
            breaker.failed()
            raise
        except BaseException:
            breaker.abandoned()
            raise
        if response.status_code >= 500:
            breaker.failed()
        else:
            breaker.succeeded()
        try:
            yield response
        finally:
            await response.aclose()

    async def service_token(self, audience: str) -> str:
        """Return this service's own token for `audience`, fetched with its client secret and cached.

        Raises:
            Problem: 503 when auth-service does not give one.
        """
        token, until = self._tokens.get(audience, ("", 0.0))
        if time.time() < until:
            return token
        credentials = {
            "grantType": "client_credentials",
            "clientId": self._settings.service,
            "clientSecret": client_secret(self._settings),
            "audience": audience,
        }
        answer = await self.request(
            Call(service=AUTH, method="POST", path="/v1/token", json=credentials, is_anonymous=True)
        )
        if answer.status_code != 200:
            raise Problem(503, "This service could not identify itself.", code="no_service_token")
        granted = answer.json()
        lifetime = float(granted["expiresIn"])
        self._tokens[audience] = (
            granted["accessToken"],
            time.time() + lifetime - min(_TOKEN_SPARE_S, lifetime / 4),
        )
        return str(granted["accessToken"])

    async def _invoker_token(self, audience: str) -> str:
        """Return Google's token of this service for another one's front end.

        Raises:
            httpx.HTTPError: the metadata server does not give one.
        """
        token, until = self._invoker_tokens.get(audience, ("", 0.0))
        if time.monotonic() < until:
            return token
        root = f"http://{self._settings.gce_metadata_host}/computeMetadata/v1"
        request = httpx.Request(
            "GET",
            f"{root}/instance/service-accounts/default/identity",
            params={"audience": audience, "format": "full"},
            headers={"Metadata-Flavor": "Google"},
            extensions={"timeout": httpx.Timeout(self._settings.call_timeout).as_dict()},
        )
        answer = await self._http().handle_async_request(request)
        answer.request = request
        token = (await answer.aread()).decode()
        answer.raise_for_status()
        self._invoker_tokens[audience] = (token, time.monotonic() + _INVOKER_TOKEN_S)
        return token

    async def _headers(self, call: Call) -> dict[str, str]:
        current = trace.current()
        host = self._settings.host_of(call.service)
        headers = {
            "host": host,
            "traceparent": current.traceparent,
            "x-request-id": current.request_id,
        }
        if self._settings.gce_metadata_host:
            token = await self._invoker_token(f"https://{host}")
            headers["x-serverless-authorization"] = f"Bearer {token}"
        if not call.is_anonymous:
            headers["authorization"] = f"Bearer {await self.service_token(call.service)}"
        if call.principal is not None:
            headers[ACTING_TENANT_HEADER] = call.principal.tenant
            headers[ACTING_SUBJECT_HEADER] = call.principal.actor
        headers.update(call.headers or {})
        return headers

    def _built(self, call: Call, headers: Mapping[str, str], content: bytes | None) -> httpx.Request:
        timeout = httpx.Timeout(call.timeout_s or self._settings.call_timeout)
        return httpx.Request(
            call.method,
            self._settings.mesh_url + call.path,
            headers=headers,
            json=call.json,
            content=content,
            params=call.params,
            extensions={"timeout": timeout.as_dict()},
        )

    def _http(self) -> httpx.AsyncHTTPTransport:
        """Return the connections; a client around them would keep cookies and follow redirects."""
        if self._transport is None:
            limits = httpx.Limits(max_connections=200, max_keepalive_connections=50, keepalive_expiry=3.0)
            self._transport = httpx.AsyncHTTPTransport(limits=limits, trust_env=False, verify=False)
        return self._transport


def unavailable(service: str, error: Exception | None) -> Problem:
    """Return the 503 that says which dependency is missing and when to come back."""
    detail, code, wait = f"{service} is not answering.", "dependency_unavailable", 1
    if isinstance(error, CircuitOpenError):
        detail, code = f"{service} is not answering; calls to it are paused.", "circuit_open"
        wait = max(1, round(error.retry_after))
    elif isinstance(error, httpx.TimeoutException):
        detail, code = f"{service} did not answer in time.", "dependency_timeout"
    return Problem(503, detail, code=code, headers={"Retry-After": str(wait)})
