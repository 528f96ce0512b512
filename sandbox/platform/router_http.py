"""The HTTP that the router itself speaks: requests as values, message heads, and its own refusals."""

from __future__ import annotations

import asyncio
import collections
import html
import http
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Headers = list[tuple[bytes, bytes]]

_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
_NEVER_HOP_BY_HOP = frozenset((b"content-length", b"host"))
"""A `Connection` header cannot take these away: the next hop would read a body as its next request."""
_SET_BY_ROUTER = frozenset(
    (b"expect", b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto")
)
_BUFFERED_BYTES = 262_144

Hold = Callable[[bool], None]
"""Stops (True) or resumes (False) the sender."""


class RefusedError(Exception):
    """The router answers a request itself."""

    def __init__(
        self, code: int, detail: str, *, service: str = "", revision: str = "", retry_after_s: int = 0
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.service = service
        self.revision = revision
        self.retry_after_s = retry_after_s

    def content(self) -> tuple[Headers, bytes]:
        """Return the headers that describe the answer's body, and the body: problem details (RFC 9457)."""
        title = http.HTTPStatus(self.code).phrase
        body = {"type": "about:blank", "title": title, "status": self.code, "detail": self.detail}
        headers = [(b"content-type", b"application/problem+json")]
        if self.retry_after_s:
            headers.append((b"retry-after", str(self.retry_after_s).encode()))
        return headers, json.dumps(body).encode()


class FrontEndError(RefusedError):
    """Google's front end answers a request with a page of its own; the service never sees it."""

    def __init__(self, code: int, request: Request, *, service: str, challenge: str = "") -> None:
        """Take the status, the request, whose target the page names, and the value of WWW-Authenticate."""
        self._target = request.target.decode("latin-1")
        self._challenge = challenge
        super().__init__(code, f"The front end refused {self._target}.", service=service)

    def content(self) -> tuple[Headers, bytes]:
        title = "Page not found" if self.code == 404 else http.HTTPStatus(self.code).phrase
        text = _PAGE_TEXTS[self.code].format(f"<code>{html.escape(self._target)}</code>")
        page = _PAGE.format(code=self.code, title=title, text=text)
        headers = [(b"content-type", b"text/html; charset=UTF-8"), (b"server", b"Google Frontend")]
        if self._challenge:
            headers.append((b"www-authenticate", self._challenge.encode()))
        return headers, page.encode()


_PAGE_TEXTS = {
    401: "Your client does not have permission to the requested URL {}.",
    403: "Your client does not have permission to get URL {} from this server.",
    404: "The requested URL {} was not found on this server.",
}
_PAGE = """
<html><head>
<meta http-equiv="content-type" content="text/html;charset=utf-8">
<title>{code} {title}</title>
</head>
<body text=#000000 bgcolor=#ffffff>
<h1>Error: {title}</h1>
<h2>{text}</h2>
<h2></h2>
</body></html>
"""


class Body:
    """A request's body on its way through: fed by the parser, read by the exchange, bounded between them."""

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self._chunks: collections.deque[bytes] = collections.deque()
        self._buffered = 0
        self._is_unwanted = False
        self._fed = asyncio.Event()
        self.is_complete = False

    @property
    def is_filled(self) -> bool:
        return bool(self._chunks)

    def feed(self, chunk: bytes) -> None:
        if self._is_unwanted:
            return
        self._chunks.append(chunk)
        self._buffered += len(chunk)
        if self._buffered > _BUFFERED_BYTES:
            self._hold(True)
        self._fed.set()

    def finish(self) -> None:
        self.is_complete = True
        self._fed.set()

    def discard(self) -> None:
        """Drop what is here and what is still to come."""
        self._is_unwanted = True
        self.take()

    def take(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        if self._buffered > _BUFFERED_BYTES:
            self._hold(False)
        self._buffered = 0
        self._fed.clear()
        return taken

    async def read(self) -> bytes:
        """Wait for the next piece; empty at the end."""
        while not self._chunks and not self.is_complete:
            await self._fed.wait()
        return self.take()


@dataclass(slots=True, kw_only=True)
class Request:
    """One request as it came in."""

    method: bytes
    target: bytes
    headers: Headers
    host: str
    """Lower case, without the port."""
    body: Body
    is_chunked: bool
    keeps_alive: bool
    speaks_chunked: bool
    """HTTP/1.1: the client understands a chunked answer."""

    def head_for_instance(self, client: str, scheme: str) -> bytes:
        """The head to send on: hop-by-hop headers gone, `X-Forwarded-*` set."""
        forwarded_for = b", ".join(
            value for name, value in self.headers if name.lower() == b"x-forwarded-for"
        )
        lines = [b"%s %s HTTP/1.1" % (self.method, self.target)]
        lines += (
            b"%s: %s" % header
            for header in end_to_end(self.headers)
            if header[0].lower() not in _SET_BY_ROUTER
        )
        if self.is_chunked:
            lines.append(b"transfer-encoding: chunked")
        lines.append(
            b"x-forwarded-for: " + (forwarded_for + b", " if forwarded_for else b"") + client.encode()
        )
        lines.append(b"x-forwarded-proto: " + scheme.encode())
        lines.append(b"x-forwarded-host: " + self.host.encode("latin-1"))
        return b"\r\n".join(lines) + b"\r\n\r\n"


def end_to_end(headers: Headers) -> Headers:
    """The headers that a proxy passes on (RFC 9110, section 7.6.1)."""
    named = {
        token.strip().lower()
        for name, value in headers
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    dropped = _HOP_BY_HOP | (named - _NEVER_HOP_BY_HOP)
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def answer_head(code: int, reason: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    lines = [b"HTTP/1.1 %d %s" % (code, reason), *(b"%s: %s" % header for header in headers)]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def refusal(error: RefusedError, *, keeps_alive: bool, is_head: bool = False) -> bytes:
    """A whole answer of the router's own."""
    kind, body = error.content()
    headers = [
        *kind,
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"keep-alive" if keeps_alive else b"close"),
    ]
    reason = http.HTTPStatus(error.code).phrase.encode()
    return answer_head(error.code, reason, headers) + (b"" if is_head else body)


def moved_permanently(location: str) -> bytes:
    """A whole answer that sends a client to HTTPS and keeps its method (308)."""
    return answer_head(
        308,
        b"Permanent Redirect",
        [(b"location", location.encode("latin-1")), (b"content-length", b"0"), (b"connection", b"close")],
    )


def host_of(headers: Headers) -> str:
    """The one host that a request is for, lower case and without the port; empty when it names none.

    Raises:
        RefusedError: 400, it names several (RFC 9112, section 3.2).
    """
    hosts = [value for name, value in headers if name.lower() == b"host"]
    if len(hosts) > 1:
        raise RefusedError(400, "A request has one Host header.")
    return split_host(hosts[0])[0] if hosts else ""


def split_host(value: bytes) -> tuple[str, str]:
    """Host (lower case) and port of a Host header; the port is empty when none is given."""
    host, _, port = value.decode("latin-1").strip().lower().partition(":")
    return host.rstrip("."), port


def hold(transport: asyncio.Transport | None, is_held: bool) -> None:  # noqa: FBT001 - the one question of a `Hold`
    """Stop or resume reading from a connection that is not closing."""
    if transport is not None and not transport.is_closing():
        (transport.pause_reading if is_held else transport.resume_reading)()
