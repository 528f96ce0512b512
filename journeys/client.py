"""How a producer talks to a service: real names, mapped addresses, the environment's own CA."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
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


REQUEST_COUNTER = Odometer()


class SilenceError(AssertionError):
    """A service accepted a request and gave no answer in time: an observation about that service."""

    def __init__(self, message: str, *, blames: str) -> None:
        super().__init__(message)
        self.blames = blames


class BrokenAnswerError(SilenceError):
    """A service began to answer and broke off, and is there right after: an observation about it."""


class _Heard(httpx.SyncByteStream):
    """The body of an answer; `broken` says what to make of an error in the middle of it."""

    def __init__(self, inner: httpx.SyncByteStream, broken: Callable[[Exception], Exception]) -> None:
        self._inner, self._broken = inner, broken

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._inner
        except (httpx.RemoteProtocolError, httpx.ReadError) as error:
            raise self._broken(error) from error

    def close(self) -> None:
        self._inner.close()


class NamedTransport(httpx.BaseTransport):
    """Connects to the mapped address of a name and says the name itself in SNI and Host.

    A connection that cannot be made stays an error of the transport: nobody was seen. A request that was
    taken and never answered is `SilenceError`. An answer that breaks off is `BrokenAnswerError` when whoever
    gave it can be reached right after; else the way there may have broken.
    """

    def __init__(self, target: Target, service: str) -> None:
        self._addresses = dict(target.addresses)
        self._service = service
        self._inner = httpx.HTTPTransport(verify=_trust(target.ca_file), retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request to the mapped address."""
        REQUEST_COUNTER.tick()
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        address = self._addresses.get(f"{url.host}:{port}")
        if address is not None:
            host, _, mapped = address.rpartition(":")
            request.extensions = {**request.extensions, "sni_hostname": url.host}
            request.url = url.copy_with(host=host, port=int(mapped))
        try:
            response = self._inner.handle_request(request)
        except httpx.ReadTimeout as error:
            message = f"{self._service} did not answer {request.method} {url.path} in time"
            raise SilenceError(message, blames=self._service) from error
        finally:
            request.url = url
        response.stream = _Heard(_stream(response), lambda error: self._broken(request, error))
        return response

    def _broken(self, request: httpx.Request, error: Exception) -> Exception:
        """Return what an answer that broke off is: look whether anybody is there now."""
        again = httpx.Request(
            "GET",
            request.url.join("/healthz"),
            headers={"Host": request.headers["host"]},
            extensions={"timeout": request.extensions.get("timeout", {})},
        )
        try:
            self.handle_request(again).close()
        except (httpx.HTTPError, SilenceError):
            return error
        message = f"{self._service} broke off its answer to {request.method} {request.url.path}: {error}"
        return BrokenAnswerError(message, blames=self._service)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _stream(response: httpx.Response) -> httpx.SyncByteStream:
    if not isinstance(response.stream, httpx.SyncByteStream):
        raise TypeError("an answer without a body to read")
    return response.stream


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
