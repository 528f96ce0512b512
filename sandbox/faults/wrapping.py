"""Ways to spoil an app from outside: its answers are changed on their way, its code is not."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Matches = Callable[[str, str], bool]
"""Whether a request (method, path) is spoilt."""


def answering(app: App, matches: Matches, status: int, body: bytes = b"") -> App:
    """Return an app that answers matching requests by itself and never asks `app`."""

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not matches(scope["method"], scope["path"]):
            await app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return spoilt


def rewriting(app: App, matches: Matches, change: Callable[[Any], Any]) -> App:
    """Return an app whose JSON answers to matching requests are changed before they leave."""

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not matches(scope["method"], scope["path"]):
            await app(scope, receive, send)
            return
        start: list[Message] = []
        parts: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                await _send_changed(start[0], b"".join(parts), change, send)

        await app(scope, receive, collect)

    return spoilt


async def _send_changed(start: Message, body: bytes, change: Callable[[Any], Any], send: Send) -> None:
    kind = next((value for name, value in start["headers"] if name.lower() == b"content-type"), b"")
    is_good = 200 <= int(start["status"]) < 300 and body and kind.startswith(b"application/json")
    changed = json.dumps(change(json.loads(body))).encode() if is_good else body
    headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    await send({**start, "headers": [*headers, (b"content-length", b"%d" % len(changed))]})
    await send({"type": "http.response.body", "body": changed})


def without_header(app: App, matches: Matches, name: bytes) -> App:
    """Return an app whose answers to matching requests lack a header."""

    def strip(start: Message) -> Message:
        return {**start, "headers": [pair for pair in start["headers"] if pair[0].lower() != name]}

    return starting(app, matches, strip)


def starting(app: App, matches: Matches, change: Callable[[Message], Message]) -> App:
    """Return an app whose status and headers are changed before they leave."""

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_changed(message: Message) -> None:
            await send(change(message) if message["type"] == "http.response.start" else message)

        is_spoilt = scope["type"] == "http" and matches(scope["method"], scope["path"])
        await app(scope, receive, send_changed if is_spoilt else send)

    return spoilt


def delaying(app: App, matches: Matches, seconds: Callable[[], float]) -> App:
    """Return an app that waits before it looks at a matching request."""

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and matches(scope["method"], scope["path"]):
            await asyncio.sleep(seconds())
        await app(scope, receive, send)

    return spoilt


def every(number: int, matches: Matches) -> Matches:
    """Return what matches each `number`-th of the requests that match."""
    seen = itertools.count(1)
    return lambda method, path: matches(method, path) and next(seen) % number == 0


def is_work(_method: str, path: str) -> bool:
    """Whether a request is for what the service is there for, not for what it says of itself."""
    return path not in SELF_DESCRIPTION


SELF_DESCRIPTION = frozenset({"/healthz", "/readyz", "/version", "/openapi.json"})
