"""Ways to spoil an app from outside: its answers are changed on their way, its code is not."""

from __future__ import annotations

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
    is_good = 200 <= int(start["status"]) < 300 and body
    changed = json.dumps(change(json.loads(body))).encode() if is_good else body
    headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    await send({**start, "headers": [*headers, (b"content-length", b"%d" % len(changed))]})
    await send({"type": "http.response.body", "body": changed})
