"""Asks a service which revision answers, through its front door and not through the cloud's API."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gates.actions.ports import TrafficController
from gates.adapters.services.callers import Callers
from gates.adapters.services.network import Network
from gates.errors import GateError, NotAskedError
from gates.model.platform import Environment
from gates.model.service_contract import HealthPaths

if TYPE_CHECKING:
    import httpx

_SECONDS = 5.0


class VersionProbe:
    """Implements the revision probe: GET the platform's version path on the service's own URL, several times.

    Each answer comes over a new connection and without cookies, so that neither keep-alive nor session
    affinity hides the rest of a split.
    """

    def __init__(
        self,
        environment: Environment,
        traffic: TrafficController,
        *,
        answers: int = 2,
        path: str = HealthPaths().version,
    ) -> None:
        self._network = Network(environment.endpoints)
        self._callers = Callers(environment, traffic.describe)
        self._path = path
        self._traffic = traffic
        self._answers = answers
        self._urls: dict[str, str] = {}

    def answering_revision(self, service: str) -> str | None:
        """Return the revision that a few answers agree on, or None: no answer, no name, several names.

        Raises:
            NotAskedError: Cloud Run refuses this caller, or cannot be reached from here.
        """
        return self._agreed(service, lambda: self._url(service))

    def answering_behind(self, service: str, tag: str) -> str | None:
        """Return the same for the tag's own URL; `TAG---HOST` is how Cloud Run names it."""

        def url() -> str:
            parts = urlsplit(self._url(service))
            return f"{parts.scheme}://{tag}---{parts.netloc}"

        return self._agreed(service, url)

    def _agreed(self, service: str, url: Callable[[], str]) -> str | None:
        import httpx  # noqa: PLC0415 - a command that asks no service for its revision needs no client

        from gates.adapters.services.caller_auth import CallerAuth  # noqa: PLC0415

        try:
            with self._network.client(is_kept_alive=False, seconds=_SECONDS) as client:
                client.auth = CallerAuth(self._callers, service)
                first = self._ask(client, url())
                for _ in range(self._answers - 1):
                    if first is None or self._ask(client, url()) != first:
                        return None
        except NotAskedError:
            raise
        except (httpx.HTTPError, GateError):
            return None
        return first

    def _ask(self, client: httpx.Client, url: str) -> str | None:
        client.cookies.clear()
        answer = client.get(f"{url}{self._path}", headers={"Cache-Control": "no-cache"})
        if answer.status_code != HTTPStatus.OK:
            return None
        try:
            said = answer.json()
        except ValueError:
            return None
        revision = said.get("revision") if isinstance(said, dict) else None
        return revision if isinstance(revision, str) and revision else None

    def _url(self, service: str) -> str:
        """Return the service's own URL, read once: it never changes while the service exists."""
        if service not in self._urls:
            self._urls[service] = self._traffic.describe(service).uri.rstrip("/")
        return self._urls[service]
