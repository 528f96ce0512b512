"""Asks a revision behind its tag, at the tag's own URL: does it live, does it let people in?"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from gates.actions.ports import TrafficController
from gates.adapters import secrets
from gates.adapters.services.caller_auth import CallerAuth
from gates.adapters.services.callers import Callers
from gates.adapters.services.network import Network
from gates.errors import ConfigurationError, UnavailableError
from gates.model.clock import Clock
from gates.model.platform import Environment, Platform
from gates.model.service_contract import SignIn

_PATIENCE_S = 120.0
_LOOK_EVERY_S = 0.02
_REQUEST_S = 60.0


class TagProbe:
    """Waits for an answer behind a tag; `TAG---HOST` is how Cloud Run names it."""

    def __init__(
        self, environment: Environment, platform: Platform, traffic: TrafficController, clock: Clock
    ) -> None:
        self._paths = platform.health
        self._sign_in = platform.sign_in
        self._network = Network(environment.endpoints)
        self._callers = Callers(environment, traffic.describe)
        self._traffic = traffic
        self._clock = clock
        self._vault = environment.endpoints.apis_grpc
        self._identities = dict(environment.identities)

    def wait_for_tag(self, service: str, tag: str) -> None:
        """Return once the service answers behind the tag.

        Raises:
            UnavailableError: it did not within two minutes.
            NotAskedError: Cloud Run refuses this caller, or cannot be reached from here.
            CloudError: the service cannot be read.
        """
        url = f"{self._base(service, tag)}{self._paths.live}"
        with self._network.client(is_kept_alive=False, seconds=_REQUEST_S) as client:
            client.auth = CallerAuth(self._callers, service)
            if not self._clock.until(lambda: _is_good(client, url), within=_PATIENCE_S, every=_LOOK_EVERY_S):
                raise UnavailableError(f"{service} does not answer behind the tag {tag}")

    def faults_behind(self, service: str, tag: str, revision: str) -> tuple[str, ...]:
        """Return what is wrong with the revision behind the tag; the one that signs in must do that too.

        Raises:
            NotAskedError: Cloud Run refuses this caller, or cannot be reached from here.
            CloudError: the service cannot be read.
            ConfigurationError: the environment has no identity to sign in with.
        """
        base = self._base(service, tag)
        with self._network.client(is_kept_alive=False, seconds=_REQUEST_S) as client:
            client.auth = CallerAuth(self._callers, service)
            try:
                faults = [
                    f"{path} answers {status}"
                    for path in (self._paths.live, self._paths.ready)
                    if (status := client.get(f"{base}{path}").status_code) != httpx.codes.OK
                ]
                named = _named(client, f"{base}{self._paths.version}")
                if named != revision:
                    faults.append(f"{named or 'no revision'} answers behind the tag, not {revision}")
                if self._sign_in is not None and service == self._sign_in.service:
                    faults += self._shut(client, base, self._sign_in)
                return tuple(faults)
            except httpx.HTTPError as error:
                return (f"{service} broke off behind the tag {tag}: {type(error).__name__}",)

    def _base(self, service: str, tag: str) -> str:
        parts = urlsplit(self._traffic.describe(service).uri)
        return f"{parts.scheme}://{tag}---{parts.netloc}"

    def _shut(self, client: httpx.Client, base: str, sign_in: SignIn) -> Iterator[str]:
        """Say whether the right password does not lead to the second factor, or a wrong one does."""
        reference = self._identities.get(sign_in.operator)
        if reference is None:
            raise ConfigurationError(
                f"the environment has no identity {sign_in.operator}",
                next_step="add it to the environment's document",
            )
        secret = secrets.resolve(reference, endpoint=self._vault)
        right = {"username": secret["username"], "password": secret["password"]}
        wrong = {**right, "password": f"{secret['password']}-not"}
        for body, expected in ((right, httpx.codes.OK), (wrong, httpx.codes.UNAUTHORIZED)):
            status = client.post(f"{base}{sign_in.password}", json=body).status_code
            if status != expected:
                kind = "the right" if body is right else "a wrong"
                yield f"{kind} password answers {status} instead of {expected}"


def _named(client: httpx.Client, url: str) -> str:
    try:
        said = client.get(url).json()
    except ValueError:
        return ""
    return str(said.get("revision", "")) if isinstance(said, dict) else ""


def _is_good(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
