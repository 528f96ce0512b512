"""Asks a revision behind its tag, at the URL that the cloud gives the tag."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from gates.actions.ports import Clock, TrafficController
from gates.adapters.network import Network
from gates.errors import UnavailableError
from gates.model.platform import Environment

_PATIENCE_S = 120.0
_LOOK_EVERY_S = 0.02
_REQUEST_S = 60.0


class TagProbe:
    """Waits for an answer behind a tag; `TAG---HOST` is how Cloud Run names it."""

    def __init__(self, environment: Environment, traffic: TrafficController, clock: Clock) -> None:
        self._network = Network(environment.endpoints)
        self._traffic = traffic
        self._clock = clock

    def wait_for_tag(self, service: str, tag: str) -> None:
        """Return once the service answers behind the tag.

        Raises:
            UnavailableError: it did not within two minutes.
            CloudError: the service cannot be read.
        """
        parts = urlsplit(self._traffic.describe(service).uri)
        url = f"{parts.scheme}://{tag}---{parts.netloc}/healthz"
        deadline = self._clock.monotonic() + _PATIENCE_S
        with self._network.client(is_kept_alive=False, seconds=_REQUEST_S) as client:
            while not _is_good(client, url):
                if self._clock.monotonic() >= deadline:
                    raise UnavailableError(f"{service} does not answer behind the tag {tag}")
                self._clock.wait(_LOOK_EVERY_S)


def _is_good(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
