"""How a producer talks to a service: real names, mapped addresses, the environment's own CA."""

from __future__ import annotations

import ssl
import threading
from functools import lru_cache

import httpx

from gates.model.target import Target

TIMEOUT_S = 10.0
"""How long one answer may take before the service counts as silent."""


class Odometer:
    """Counts the requests that this process has sent through `client`."""

    def __init__(self) -> None:
        self.sent = 0
        self._lock = threading.Lock()

    def tick(self) -> None:
        """Count one more."""
        with self._lock:
            self.sent += 1


ODOMETER = Odometer()


class SilenceError(AssertionError):
    """A service accepted a request and gave no answer in time: an observation about that service."""

    def __init__(self, message: str, *, blames: str) -> None:
        super().__init__(message)
        self.blames = blames


class NamedTransport(httpx.BaseTransport):
    """Connects to the mapped address of a name and says the name itself in SNI and Host.

    A connection that cannot be made stays an error of the transport: nobody was seen. A request that was
    taken and never answered is `SilenceError`.
    """

    def __init__(self, target: Target, service: str) -> None:
        self._addresses = dict(target.addresses)
        self._service = service
        self._inner = httpx.HTTPTransport(verify=_trust(target.ca_file), retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request to the mapped address."""
        ODOMETER.tick()
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        address = self._addresses.get(f"{url.host}:{port}")
        if address is not None:
            host, _, mapped = address.rpartition(":")
            request.extensions = {**request.extensions, "sni_hostname": url.host}
            request.url = url.copy_with(host=host, port=int(mapped))
        try:
            return self._inner.handle_request(request)
        except httpx.ReadTimeout as error:
            message = f"{self._service} did not answer {request.method} {url.path} in time"
            raise SilenceError(message, blames=self._service) from error
        finally:
            request.url = url

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


@lru_cache(maxsize=4)
def _trust(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def client(
    target: Target, service: str, *, base_url: str | None = None, timeout: float = TIMEOUT_S
) -> httpx.Client:
    """Return a client for `service`: at its own URL, or at `base_url` (for example its public one).

    Redirects are not followed: a producer wants to see them.
    """
    return httpx.Client(
        base_url=base_url or target.service(service).base_url,
        transport=NamedTransport(target, service),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
    )
