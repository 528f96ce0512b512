"""How a producer talks to a service: real names, mapped addresses, the environment's own CA."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import urlsplit

import httpx

from gates.model.access import FRONT_END_STATUSES
from gates.model.target import ServiceTarget, Target
from gates.tokens import TOKENS, NoTokenError, account_of

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
_ASKING: dict[str, bool] = {}
"""Whether the front end of a service asks this process for a token, by the token's audience."""


class SilenceError(AssertionError):
    """A service accepted a request and gave no answer in time: an observation about that service."""

    def __init__(self, message: str, *, blames: str) -> None:
        super().__init__(message)
        self.blames = blames


class BrokenAnswerError(SilenceError):
    """A service began to answer and broke off, and is there right after: an observation about it."""


class RefusedCallerError(Exception):
    """Cloud Run's front end refused the request, so the service was not asked: nothing is known about it."""


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
    gave it can be reached right after; else the way there may have broken. A service that wants to know its
    callers gets a token with each request; a refusal of its front end is `RefusedCallerError`.
    """

    def __init__(self, target: Target, service: str) -> None:
        self._addresses = dict(target.addresses)
        self._target = target
        self._callees = _callees(target)
        self._service = service
        self._inner = httpx.HTTPTransport(verify=_trust(target.ca_file), retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request to the mapped address."""
        REQUEST_COUNTER.tick()
        callee = self._callee(request)
        sent, trouble = self._caller_headers(callee, request)
        request.headers.update(sent)
        try:
            response = self._send(request)
        except httpx.ReadTimeout as error:
            message = f"{self._service} did not answer {request.method} {request.url.path} in time"
            raise SilenceError(message, blames=self._service) from error
        finally:
            for name in sent:  # a report that shows the request shows no token
                del request.headers[name]
        if callee is not None and (status := self._refused(callee, request, response, sent)):
            account = account_of(next(iter(sent.values()), ""))
            cause, next_step = self._target.access(callee).refusal(status, account=account, trouble=trouble)
            raise RefusedCallerError(f"{cause}; {next_step}")
        response.stream = _Heard(_stream(response), lambda error: self._broken(request, error))
        return response

    def _send(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        address = self._addresses.get(f"{url.host}:{port}")
        if address is not None:
            host, _, mapped = address.rpartition(":")
            request.extensions = {**request.extensions, "sni_hostname": url.host}
            request.url = url.copy_with(host=host, port=int(mapped))
        try:
            return self._inner.handle_request(request)
        finally:
            request.url = url

    def _callee(self, request: httpx.Request) -> ServiceTarget | None:
        """Return the service that answers; none for a request in the open or for another host."""
        named = request.headers.get("host", "").partition(":")[0]
        is_plain = request.url.scheme != "https" or named != request.url.host
        return None if is_plain else self._callees.get(request.url.host)

    def _caller_headers(
        self, callee: ServiceTarget | None, request: httpx.Request
    ) -> tuple[dict[str, str], str]:
        """Return the headers that say who calls, and why there are none although the service wants them."""
        if callee is None or not callee.audience or not self._is_asking(callee, request):
            return {}, ""
        try:
            return TOKENS.headers(callee.audience), ""
        except NoTokenError as error:
            return {}, str(error)

    def _is_asking(self, callee: ServiceTarget, request: httpx.Request) -> bool:
        """Whether the front end asks for a token, looked at once: not every policy is enforced."""
        if callee.audience not in _ASKING:
            asked = _beside(request, request.url.join("/healthz"))
            try:
                response = self._send(asked)
                status = self._refused(callee, asked, response, {})
                response.close()
            except httpx.HTTPError:  # what is wrong shows itself to the request
                return False
            _ASKING[callee.audience] = bool(status) and self._target.access(callee).is_asking(status)
        return _ASKING[callee.audience]

    def _refused(
        self,
        callee: ServiceTarget,
        request: httpx.Request,
        response: httpx.Response,
        sent: dict[str, str],
    ) -> int:
        """Return the status with which the front end refused the request; 0 if the service answered."""
        status, headers = response.status_code, response.headers
        if status not in FRONT_END_STATUSES or not headers.get("content-type", "").startswith("text/html"):
            return 0
        shown = response
        if request.method == "HEAD":  # its answer has no page
            shown = self._send(_beside(request, request.url, sent))
        stream = _stream(shown)
        body = b"".join(stream)
        stream.close()
        shown.stream = httpx.ByteStream(body)
        content = httpx.Response(status, headers=shown.headers, content=body).content
        return status if self._target.access(callee).is_refusal(status, headers, content) else 0

    def _broken(self, request: httpx.Request, error: Exception) -> Exception:
        """Return what an answer that broke off is: look whether anybody is there now."""
        again = _beside(request, request.url.join("/healthz"))
        try:
            self.handle_request(again).close()
        except (httpx.HTTPError, SilenceError):
            return error
        message = f"{self._service} broke off its answer to {request.method} {request.url.path}: {error}"
        return BrokenAnswerError(message, blames=self._service)

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


def _callees(target: Target) -> dict[str, ServiceTarget]:
    """Return the service behind each host: its own one, that of its tag, and its public one."""
    found = {urlsplit(service.base_url).hostname or "": service for service in target.services}
    public = {urlsplit(url).hostname or "": name for name, url in target.public_urls}
    named = {service.name: service for service in target.services}
    return found | {host: named[name] for host, name in public.items() if name in named}


def _beside(
    request: httpx.Request, url: httpx.URL, more: Mapping[str, str] = MappingProxyType({})
) -> httpx.Request:
    """Return a look at another path of the host that a request goes to."""
    return httpx.Request(
        "GET",
        url,
        headers={"Host": request.headers["host"], **more},
        extensions={"timeout": request.extensions.get("timeout", {})},
    )


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
