"""Faults of what comes in: a request is changed, or read by careless code before the handlers get it."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from sandbox.faults.fault import App, Build, Create, Message, Receive, Scope, Send
from sandbox.kit.seed import identities
from sandbox.kit.settings import Settings
from sandbox.kit.tokens import sign

Read = Callable[[Scope, bytes], Awaitable[None]]
"""Takes each request and its whole body before the handler gets them."""


def changing_requests(change: Callable[[Scope], Scope]) -> Build:
    """Let the app see another request than the one that was sent."""

    @wraps(change)
    def build(_service: str, create: Create) -> App:
        return with_requests_changed(create(), change)

    return build


def with_requests_changed(app: App, change: Callable[[Scope], Scope]) -> App:
    """Return an app that gets to see what a function makes of each request."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        await app(change(scope) if scope["type"] == "http" else scope, receive, send)

    return faulty


def header(scope: Scope, name: str) -> str:
    wanted = name.lower().encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == wanted), "")


def query(scope: Scope) -> str:
    return unquote_plus(scope["query_string"].decode("latin-1"))


def carrying(scope: Scope, name: str, value: str) -> Scope:
    """Return the request with one header more, or with another value of it."""
    kept = [pair for pair in scope["headers"] if pair[0].lower() != name.encode()]
    return {**scope, "headers": [*kept, (name.encode(), value.encode())]}


def as_admin(scope: Scope) -> Scope:
    """Return the request with a good administrator's token in place of what it brought."""
    return carrying(scope, "authorization", f"Bearer {admin_token()}")


def admin_token(**claims: Any) -> str:
    """Return a token that every service takes for an administrator's."""
    forger = identities(Settings.from_environment(service="any"))["forger"]
    now = time.time()
    issued = {"iss": forger["iss"], "aud": forger["aud"], "iat": now, "exp": now + 300, "jti": "believed"}
    whole = {**forger["claims"], "roles": ["admin"], "tier": "high", **issued, **claims}
    return sign(whole, forger["jwk"])


def document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def with_bodies_changed(app: App, method_and_path: tuple[str, str], change: Callable[[bytes], bytes]) -> App:
    """Return an app that gets another body to see at one operation."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if (scope.get("method"), scope.get("path")) != method_and_path:
            await app(scope, receive, send)
            return
        messages, _ = await received(receive)
        changed: Message = {"type": "http.request", "body": change(body_of(messages))}
        headers = [pair for pair in scope["headers"] if pair[0].lower() != b"content-length"]
        await app({**scope, "headers": headers}, put_back([changed], receive), send)

    return faulty


def values_of(scope: Scope) -> Iterator[str]:
    """Yield the values of the query; no database or shell takes NUL, so it is left out."""
    for _name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        yield value.replace("\0", "")


def reading(read: Read) -> Build:
    """Let careless code read each request inside the service's own middleware, before the handlers.

    What it raises is answered by the service itself, as any mistake in its code is.
    """

    @wraps(read)
    def build(_service: str, create: Create) -> App:
        return with_reader(create(), read)

    return build


def with_reader(app: Any, read: Read) -> App:
    """Return the app with one reader more, next to its handlers."""
    app.user_middleware.append(Middleware(_Reader, read=read))
    found: App = app
    return found


class _Reader:
    def __init__(self, app: App, *, read: Read) -> None:
        self._app = app
        self._read = read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        messages, refused = await received(receive)
        if refused is None:
            await self._read(scope, body_of(messages))

        await self._app(scope, put_back(messages, receive, refused), send)


async def received(receive: Receive) -> tuple[list[Message], HTTPException | None]:
    """Return the messages of a request, and the refusal that a body beyond the limit met."""
    messages: list[Message] = []
    try:
        while not messages or messages[-1].get("more_body", False):
            messages.append(await receive())
    except HTTPException as refused:
        return messages, refused
    return messages, None


def body_of(messages: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages)


def put_back(messages: list[Message], receive: Receive, refused: HTTPException | None = None) -> Receive:
    """Return `receive` with what was taken from it put back."""
    left = list(messages)

    async def again() -> Message:
        if left:
            return left.pop(0)
        if refused is not None:
            raise refused
        return await receive()

    return again
