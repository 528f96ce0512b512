"""Requests to the services of one environment, wherever they answer and whoever may call them.

An address that leads nowhere any more is asked for once more; a service whose front end wants to know its
caller is asked again with an ID token.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from gates.adapters.machine.personal_files import PersonalFiles
from gates.adapters.services.callers import Callers
from gates.adapters.services.network import Network
from gates.adapters.services.service_addresses import ServiceAddresses
from gates.adapters.services.service_connections import Answer, ServiceConnections, SilentError
from gates.errors import CloudError, ConfigurationError, UnavailableError
from gates.model.platform import Environment
from gates.model.state import ServiceState

_SECONDS = 10.0


class ServiceRequests:
    """Asks services by name; `describe` asks the cloud about one, `files` are what commands share."""

    def __init__(
        self, environment: Environment, describe: Callable[[str], ServiceState], files: PersonalFiles
    ) -> None:
        self._callers = Callers(environment, describe)
        self._addresses = ServiceAddresses(environment, lambda name: describe(name).uri, files)
        network = Network(environment.endpoints, self._addresses.hosts)
        self._http = ServiceConnections(network, seconds=_SECONDS)

    def close(self) -> None:
        """Close every connection, and remember where the services answer."""
        self._addresses.keep()
        self._http.close()

    def answer(
        self, method: str, service: str, path: str, *, token: str | None = None, json: Any = None
    ) -> Answer:
        """Return the answer; an address that leads nowhere is asked for once more.

        Raises:
            CloudError: there is no answer.
        """
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        url = self._addresses.of(service)
        try:
            answer = self._called(method, service, f"{url}{path}", headers, json)
        except (SilentError, ConfigurationError) as error:  # the latter: its name is not known any more
            if not self._has_moved(service, url):
                cause = error.cause if isinstance(error, ConfigurationError) else str(error)
                raise UnavailableError(f"{service} does not answer: {cause}") from error
        else:
            is_lost = answer.status == HTTPStatus.NOT_FOUND
            if not is_lost or not self._has_moved(service, url):
                return answer
        return self.answer(method, service, path, token=token, json=json)

    def _called(self, method: str, service: str, url: str, headers: dict[str, str], json: Any) -> Answer:
        """Return the service's answer to a request, with the token of a caller where it wants one.

        Raises:
            NotAskedError: Cloud Run refuses this caller, or cannot be reached from here.
            SilentError: there is no answer.
        """
        if not url.startswith("https:"):
            return self._http.request(method, url, headers=headers, document=json)
        sent = self._callers.headers(service)
        while True:
            answer = self._http.request(method, url, headers={**headers, **sent}, document=json)
            again = self._callers.after(service, sent, answer.status, answer.headers, answer.content)
            if not again:
                return answer
            sent = again

    def _has_moved(self, service: str, old: str) -> bool:
        """Whether a remembered URL was wrong; the right one is known from now on."""
        if not self._addresses.is_remembered(service):
            return False
        try:
            return self._addresses.command(service) != old
        except CloudError:
            return False
