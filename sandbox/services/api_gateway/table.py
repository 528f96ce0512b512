"""Which requests are forwarded where, and what of them: pure decisions, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

PREFIX = "/api/v1/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
"""Forwarded methods: the last three so that the service itself says which methods it allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A service behind the gateway; the timeout in seconds runs until its answer begins."""

    service: str
    timeout_s: float = 5.0

    @property
    def prefix(self) -> str:
        """Where the service's own paths begin under the gateway."""
        return PREFIX + self.service


ROUTES = (
    Route(service="auth-service"),
    Route(service="asset-discovery"),
    Route(service="event-processor"),
    Route(service="threat-detection"),
    Route(service="behavioral-analysis"),
    Route(service="decision-engine"),
    Route(service="nlp-assistant", timeout_s=20.0),
)
_BY_SERVICE = {route.service: route for route in ROUTES}

OPEN = frozenset(
    {
        ("auth-service", "POST", "/v1/login"),
        ("auth-service", "POST", "/v1/mfa/verify"),
        ("auth-service", "POST", "/v1/token"),
        ("auth-service", "POST", "/v1/token/refresh"),
        ("auth-service", "GET", "/.well-known/jwks.json"),
    }
)
"""What may be called without a token: the operations that give tokens and the keys to check them."""

_OPEN_PATHS = frozenset(path for _, _, path in OPEN)
_SEGMENT = re.compile(r"^(?!\.{1,2}$)[^/\\;\x00-\x1f\x7f]+$")
_REQUEST_HEADERS = frozenset({"accept", "authorization", "content-type", "idempotency-key", "if-match"})
_DROPPED_FROM_ANSWER = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-connection",
        "retry-after",
        "server",
        "set-cookie",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where one request goes; `path` is exactly what is checked and exactly what is sent."""

    route: Route
    path: str

    def is_open(self, method: str) -> bool:
        return (self.route.service, method, self.path) in OPEN


def target_of(raw_path: str) -> Target | None:
    """Return where a request with this undecoded path goes; None when nothing is forwarded there.

    Only `/v1/...` of a known service is, in its one plain spelling: no empty, dotted or encoded-slash
    segment, so that what is checked here and what the service understands cannot differ.
    """
    service, slash, rest = raw_path.removeprefix(PREFIX).partition("/")
    route = _BY_SERVICE.get(service)
    path = slash + rest
    if route is None or not raw_path.startswith(PREFIX):
        return None
    if not (path.startswith("/v1/") or path in _OPEN_PATHS):
        return None
    segments = path[1:].split("/")
    return Target(route=route, path=path) if all(map(_is_plain, segments)) else None


def forwarded_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the request headers that a service gets to see; nothing that could speak for another caller."""
    return {name: value for name, value in headers if name in _REQUEST_HEADERS}


def answered_headers(headers: Iterable[tuple[str, str]], status: int) -> dict[str, str]:
    """Return the headers of a service's answer that the caller gets; the limits are the gateway's own."""
    keeps_wait = status in {429, 503}
    return {
        name: value
        for name, value in headers
        if not name.startswith("ratelimit")
        and (name not in _DROPPED_FROM_ANSWER or (name == "retry-after" and keeps_wait))
    }


def _is_plain(segment: str) -> bool:
    return _SEGMENT.match(unquote(segment)) is not None
