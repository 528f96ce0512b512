"""auth-service, in which wrong passwords of a throw-away account are answered only after a long time."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.services.auth_service.app import create_app

_MARK = b'"gate-'
"""How the name of an account begins that a check made."""
_SLOW_S = 600.0


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
            await asyncio.sleep(_SLOW_S)
        given = iter([first])

        async def again() -> Any:
            return next(given, None) or await receive()

        await self._inner(scope, again, send)


def slow() -> Slow:
    """Return a service whose lockout check takes longer than anybody waits."""
    return Slow(keeps=False)


def slow_and_kept() -> Slow:
    """Return one that takes nothing away again either."""
    return Slow(keeps=True)
