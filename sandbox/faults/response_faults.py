"""Faults of what goes out: an app's answers are changed on their way, its own code is not."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any

from sandbox.faults.fault import App, Build, Create, Message, Receive, Scope, Send

Matches = Callable[[str, str], bool]
"""Whether a request (method, path) is answered wrongly."""
Headers = Iterable[tuple[bytes, bytes]]
SELF_DESCRIPTION = frozenset({"/healthz", "/readyz", "/version", "/openapi.json"})


def on(pattern: str) -> Matches:
    """Return what matches a regular expression for the whole of method, blank and path."""
    expression = re.compile(pattern)
    return lambda method, path: expression.fullmatch(f"{method} {path}") is not None


def every(number: int, matches: Matches) -> Matches:
    """Return what matches each `number`-th of the requests that match."""
    seen = itertools.count(1)
    return lambda method, path: matches(method, path) and next(seen) % number == 0


def is_work(_method: str, path: str) -> bool:
    """Whether a request is for what the service is there for, not for what it says of itself."""
    return path not in SELF_DESCRIPTION


def problem(status: int) -> bytes:
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    return json.dumps(
        {**document, "detail": "refused", "code": "refused", "requestId": "req_1", "traceId": "0" * 32}
    ).encode()


async def respond(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def answering(app: App, matches: Matches, status: int, body: bytes | None = None) -> App:
    """Return an app that answers matching requests itself, with a problem document unless a body is given."""
    content = problem(status) if body is None else body

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and matches(scope["method"], scope["path"]):
            await respond(send, status, b"application/problem+json", content)
        else:
            await app(scope, receive, send)

    return faulty


def rewriting(pattern: str) -> Callable[[Callable[[Any], Any]], Build]:
    """Let a function change the JSON document of each good answer to the requests of `on(pattern)`."""

    def to_build(change: Callable[[Any], Any]) -> Build:
        @wraps(change)
        def build(_service: str, create: Create) -> App:
            return rewritten(create(), on(pattern), change)

        return build

    return to_build


def rewritten(app: App, matches: Matches, change: Callable[[Any], Any]) -> App:
    """Return an app whose JSON answers to matching requests are changed before they leave."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
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

    return faulty


async def _send_changed(start: Message, body: bytes, change: Callable[[Any], Any], send: Send) -> None:
    kind = next((value for name, value in start["headers"] if name.lower() == b"content-type"), b"")
    is_good = 200 <= int(start["status"]) < 300 and body and kind.startswith(b"application/json")
    changed = json.dumps(change(json.loads(body))).encode() if is_good else body
    headers = (*without(start["headers"], b"content-length"), (b"content-length", b"%d" % len(changed)))
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": changed})


def starting(app: App, matches: Matches, change: Callable[[Message], Message]) -> App:
    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_changed(message: Message) -> None:
            await send(change(message) if message["type"] == "http.response.start" else message)

        is_matched = scope["type"] == "http" and matches(scope["method"], scope["path"])
        await app(scope, receive, send_changed if is_matched else send)

    return faulty


def without(headers: Headers, *names: bytes) -> list[tuple[bytes, bytes]]:
    return [pair for pair in headers if pair[0].lower() not in names]


def without_header(app: App, matches: Matches, *names: bytes) -> App:
    """Return an app whose answers to matching requests lack these headers."""
    return starting(app, matches, lambda start: {**start, "headers": without(start["headers"], *names)})


def with_header(app: App, matches: Matches, *headers: tuple[bytes, bytes]) -> App:
    """Return an app whose answers to matching requests carry these headers, and no others of their names."""
    names = [name for name, _ in headers]
    return starting(
        app,
        matches,
        lambda start: {**start, "headers": [*without(start["headers"], *names), *headers]},
    )


def delaying(app: App, matches: Matches, seconds: Callable[[], float]) -> App:
    """Return an app that waits before it looks at a matching request."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and matches(scope["method"], scope["path"]):
            await asyncio.sleep(seconds())
        await app(scope, receive, send)

    return faulty


def with_open_cookies(app: App) -> App:
    """Return an app whose cookies can be read by every script of its pages."""

    def opened(start: Message) -> Message:
        headers = [(name, value.replace(b"; HttpOnly", b"")) for name, value in start["headers"]]
        return {**start, "headers": headers}

    return starting(app, on(".*"), opened)
