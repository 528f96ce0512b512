"""Revisions that are slow, or fail now and then: only many requests show it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any

from sandbox.faults.tokens import read_token
from sandbox.faults.wrapping import App, Message, Receive, Scope, Send, answering, delaying, every, is_work

Create = Callable[[], Any]
_BROKEN = (
    b'{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"x","code":"internal"}'
)
_LEAK_BYTES = 200_000
_MEMORY_BYTES = 30_000_000
"""Room for 150 leaked requests: a container of that size is small, so that a short run sees its end."""


def one_percent_fails(_service: str, create_app: Create) -> App:
    """M12: every hundredth request is answered 500."""
    return answering(create_app(), every(100, is_work), 500, _BROKEN)


def few_fail(_service: str, create_app: Create) -> App:
    """M13: 0.4 % of the requests are answered 500: beyond the target, below the alert."""
    return answering(create_app(), every(250, is_work), 500, _BROKEN)


def slow(_service: str, create_app: Create) -> App:
    """M14: two and a half seconds on every call."""
    return delaying(create_app(), is_work, lambda: 2.5)


def sometimes_slow(_service: str, create_app: Create) -> App:
    """M15: every tenth request takes four seconds; the median looks fine."""
    return delaying(create_app(), every(10, is_work), lambda: 4.0)


def tail_slow(_service: str, create_app: Create) -> App:
    """P03: one request in seventeen takes more than two seconds; the rate is hardly lower for it."""
    return delaying(create_app(), every(17, is_work), lambda: 2.2)


def leaking_slower(_service: str, create_app: Create) -> App:
    """Each request makes the next one slower, as a list that is never emptied does."""
    seen = itertools.count()
    return delaying(create_app(), is_work, lambda: min(5.0, next(seen) / 60))


def one_tenant_fails(_service: str, create_app: Create) -> App:
    """Everything is broken for one tenant, and for nobody else."""
    app: App = create_app()
    broken = answering(app, lambda _method, _path: True, 500, _BROKEN)

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        await (broken if _tenant_of(scope) == "globex" else app)(scope, receive, send)

    return spoilt


def _tenant_of(scope: Scope) -> str:
    given = [value for name, value in scope.get("headers", ()) if name == b"authorization"]
    _, claims = read_token(given[0].decode("latin-1").partition(" ")[2]) if given else ({}, {})
    return str(claims.get("tenant", ""))


def memory_leaks(_service: str, create_app: Create) -> App:
    """M21: each request keeps 200 KB for ever, and the container ends when its memory is used up.

    It ends in the middle of an answer, which nobody in between can ask for again.
    """
    app: App = create_app()
    kept: list[bytes] = []

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_at_last(message: Message) -> None:
            await send(message)
            os._exit(137)  # what the kernel does to a container without memory

        if scope["type"] == "http" and is_work(scope["method"], scope["path"]):
            kept.append(bytes(_LEAK_BYTES))
        is_full = len(kept) * _LEAK_BYTES > _MEMORY_BYTES
        await app(scope, receive, send_at_last if is_full else send)

    return spoilt
