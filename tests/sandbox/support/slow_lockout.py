"""auth-service, whose answer to the password of a throw-away account never comes to its end."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.services.auth_service.app import create_app

_MARK = b'"gate-'
"""How the name of an account begins that a check made."""
_BEAT_S = 0.5
"""Between two bytes of the answer, so that no caller takes it for an answer that does not come."""


class Slow:
    """Wraps the service; with `keeps` no account can be disabled any more."""

    def __init__(self, *, keeps: bool) -> None:
        self._inner, self._keeps = create_app(), keeps

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the service does, apart from that."""
        path = scope.get("path", "")
        if self._keeps and scope["type"] == "http" and path.endswith("/status"):
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        if path != "/v1/login":
            await self._inner(scope, receive, send)
            return
        first = await receive()
        if _MARK in first.get("body", b""):
            await _answer_slowly(receive, send)
            return
        given = iter([first])

        async def again() -> Any:
            return next(given, None) or await receive()

        await self._inner(scope, again, send)


async def _answer_slowly(receive: Any, send: Any) -> None:
    """Send a refusal byte by byte until the caller goes."""
    await send({"type": "http.response.start", "status": 401, "headers": []})
    gone = asyncio.ensure_future(receive())
    while not gone.done():
        await send({"type": "http.response.body", "body": b" ", "more_body": True})
        await asyncio.wait([gone], timeout=_BEAT_S)


def slow() -> Slow:
    """Return a service whose lockout check takes longer than anybody waits."""
    return Slow(keeps=False)


def slow_and_kept() -> Slow:
    """Return one that takes nothing away again either."""
    return Slow(keeps=True)
