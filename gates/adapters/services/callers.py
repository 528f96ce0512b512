"""Calls private services: with a token where Cloud Run's front end asks for one.

Public services cost nothing: how a service is called is asked of the cloud when its front end first refuses.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from gates.errors import NotAskedError
from gates.model.access import Access, is_front_end_page
from gates.model.platform import Environment
from gates.model.state import ServiceState
from gates.tokens import TOKENS, IdTokens, NoTokenError, account_of


class Callers:
    """Remembers which services of one environment want a token; safe to use from several threads."""

    def __init__(
        self, environment: Environment, describe: Callable[[str], ServiceState], tokens: IdTokens = TOKENS
    ) -> None:
        self._environment = environment
        self._describe = describe
        self._tokens = tokens
        self._private: dict[str, Access] = {}
        self._lock = threading.Lock()

    def headers(self, service: str) -> dict[str, str]:
        """Return the headers of a request to a service: a token if it is known to want one.

        Raises:
            NotAskedError: there is no token any more.
        """
        with self._lock:
            access = self._private.get(service)
        if access is None:
            return {}
        try:
            return self._tokens.headers(access.audience)
        except NoTokenError as error:
            raise _not_asked(access, 403, trouble=str(error)) from error

    def after(
        self, service: str, sent: Mapping[str, str], status: int, headers: Mapping[str, str], content: bytes
    ) -> dict[str, str]:
        """Return the headers with which a request is sent again; none if the service itself answered.

        `sent` are the headers that `headers` gave for the request; the others describe its answer.

        Raises:
            NotAskedError: Cloud Run refuses this caller, or cannot be reached from here.
            CloudError: the cloud does not say how the service is called.
        """
        if not is_front_end_page(status, headers, content):
            return {}
        access = self._access(service)
        if not access.is_refusal(status, headers, content):
            return {}
        if sent or not access.is_asking(status):
            account = account_of(next(iter(sent.values()), ""))
            raise _not_asked(access, status, account=account)
        with self._lock:
            self._private[service] = access
        return self.headers(service)

    def _access(self, service: str) -> Access:
        place, state = self._environment, self._describe(service)
        return Access(
            name=place.cloud_run_name(service),
            project=place.project,
            region=place.region,
            audience=state.audience,
            ingress=state.ingress,
        )


def _not_asked(access: Access, status: int, *, account: str = "", trouble: str = "") -> NotAskedError:
    cause, next_step = access.refusal(status, account=account, trouble=trouble)
    return NotAskedError(cause, next_step=next_step)
