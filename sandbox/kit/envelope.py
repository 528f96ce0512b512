"""What surrounds every request: trace, request id, security headers, quota headers, metrics, body limit."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.kit import trace
from sandbox.kit.limits import Quota
from sandbox.kit.problem import Problem, answer

_logger = logging.getLogger(__name__)

SECURITY_HEADERS: Mapping[str, str] = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Cache-Control": "no-store",
}
"""OWASP Secure Headers Project; a handler that sets one of them itself wins."""

_UNSENT = 0
"""The status while no answer has begun."""
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Envelope:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, *, max_body: int) -> None:
        self._app = app
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        current = _entered(scope)
        scope.setdefault("state", {})
        started = time.perf_counter()
        status = _UNSENT

        async def send_dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                dress(MutableHeaders(scope=message), current, scope["state"].get("quota"))
            await send(message)

        try:
            await self._app(scope, bounded(receive, self._max_body), send_dressed)
        except Exception:
            if status != _UNSENT:
                raise
            _logger.exception("unhandled error on %s %s", scope["method"], scope["path"])
            await _broken()(scope, receive, send_dressed)
        finally:
            _account(scope, status or 500, time.perf_counter() - started)


def _broken() -> Response:
    """Return the answer to our own mistake, without a word about the inside; the log has it."""
    return answer(Problem(500, "Something went wrong on our side. Quote the request id."))


def bounded(receive: Receive, max_body: int) -> Receive:
    """Return `receive` with an end: whatever the headers announce, what counts is what arrives."""
    seen = 0

    async def receive_bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > max_body:
            raise HTTPException(413)
        return message

    return receive_bounded


def dress(headers: MutableHeaders, current: trace.Trace, quota: Quota | None) -> None:
    """Add what every answer carries."""
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    headers["X-Request-Id"] = current.request_id
    headers["traceparent"] = current.traceparent
    if quota is not None:
        for name, value in quota.headers().items():
            headers.setdefault(name, value)


def _entered(scope: Scope) -> trace.Trace:
    sent = {name: value for name, value in scope["headers"] if name in {b"traceparent", b"x-request-id"}}
    current = trace.continued(_text(sent, b"traceparent"), _text(sent, b"x-request-id"))
    trace.enter(current)
    return current


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = headers.get(name)
    return value.decode("latin-1") if value is not None else None


def _account(scope: Scope, status: int, seconds: float) -> None:
    """Count the answer, and wake the audit outbox when something may have changed."""
    kit: Any = scope["app"].state.kit
    route = scope.get("route")
    kit.metrics.record(scope["method"], getattr(route, "path", "unmatched"), status, seconds)
    if kit.outbox is not None and scope["method"] in _CHANGING:
        kit.outbox.wake.set()
