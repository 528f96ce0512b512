"""Revisions that are slow or fail now and then: at once, in the hour after, and through the day."""

from __future__ import annotations

import itertools
import os

from sandbox.faults.fault import App, Message, Receive, Scope, Send, known_bad, wrapping
from sandbox.faults.request_faults import header
from sandbox.faults.response_faults import answering, delaying, every, is_work, on
from sandbox.faults.tokens import read_token

_GATEWAY = "api-gateway"
_LOADED = (_GATEWAY, "event-processor", "asset-discovery", "decision-engine")
"""What the load profile goes through."""
_FAILING = ("LOD-ERRORS", "VAL-ERR", "LOD-AGREED-ERRORS", "SLI-AVAIL", "SLI-ERRORS", "REV-01")
_SLOW = ("LOD-P95", "VAL-PERF", "SLI-LATENCY", "REV-04", "HLT-PROMPT")
_P95 = ("LOD-P95", "VAL-PERF", "LOD-AGREED-P95")
_RATE = ("LOD-ACHIEVED", "VAL-LOAD", "LOD-AGREED-RATE")
_LEAK_BYTES = 200_000
_MEMORY_BYTES = 30_000_000
"""Room for 150 leaked requests: a container of that size is small, so that a short run sees its end."""


@known_bad("M12", _LOADED, "1 % of the requests end in a 500", *_FAILING)
@wrapping
def one_percent_fails(app: App) -> App:
    return answering(app, every(100, is_work), 500)


@known_bad("M13", _GATEWAY, "0.4 % of the requests end in a 500", "LOD-ERRORS", "VAL-ERR")
@wrapping
def few_fail(app: App) -> App:
    """Beyond the target, below the alert."""
    return answering(app, every(250, is_work), 500)


@known_bad("M14", _LOADED[1:], "two and a half seconds on every call", *_SLOW)
@wrapping
def slow(app: App) -> App:
    return delaying(app, is_work, lambda: 2.5)


@known_bad("M15", _GATEWAY, "every tenth request takes four seconds", *_SLOW[:2])
@wrapping
def sometimes_slow(app: App) -> App:
    """The median looks fine."""
    return delaying(app, every(10, is_work), lambda: 4.0)


@known_bad("M21", _GATEWAY, "200 KB more with every request", "LOD-ERRORS", "VAL-ERR")
@wrapping
def memory_leaks(app: App) -> App:
    """The container ends when its memory is used up, in the middle of an answer."""
    kept: list[bytes] = []

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_at_last(message: Message) -> None:
            await send(message)
            os._exit(137)  # what the kernel does to a container without memory

        if scope["type"] == "http" and is_work(scope["method"], scope["path"]):
            kept.append(bytes(_LEAK_BYTES))
        is_full = len(kept) * _LEAK_BYTES > _MEMORY_BYTES
        await app(scope, receive, send_at_last if is_full else send)

    return faulty


@known_bad("P01", _GATEWAY, "slower with every request", *_RATE)
@wrapping
def leaking_slower(app: App) -> App:
    """As with a list that is never emptied."""
    seen = itertools.count()
    return delaying(app, is_work, lambda: min(5.0, next(seen) / 60))


@known_bad("P03", _GATEWAY, "one request in seventeen is slow", *_P95)
@wrapping
def tail_slow(app: App) -> App:
    """More than two seconds; the rate is hardly lower for it."""
    return delaying(app, every(17, is_work), lambda: 2.2)


@known_bad("P02", _GATEWAY, "broken for one tenant", "LOD-ERRORS", "VAL-ERR")
@wrapping
def one_tenant_fails(app: App) -> App:
    broken = answering(app, on(".*"), 500)

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        is_http = scope["type"] == "http"
        claims = read_token(header(scope, "authorization").partition(" ")[2])[1] if is_http else {}
        await (broken if claims.get("tenant") == "globex" else app)(scope, receive, send)

    return faulty
