"""Ways to spoil an app by what comes in: a request is answered beside it, or reaches it changed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from sandbox.faults.wrapping import App, Message, Receive, Scope, Send
from sandbox.kit.seed import identities
from sandbox.kit.settings import Settings
from sandbox.kit.tokens import sign

Headers = Mapping[str, str]
Answer = tuple[int, bytes] | tuple[int, bytes, str]
"""Status, body, and the content type when it is not JSON."""
Hears = Callable[[Scope, bytes], Answer | None]
"""What a request with this body is answered; None when the app itself shall answer."""


def hearing(app: App, hears: Hears) -> App:
    """Return an app that reads whole requests and answers some of them beside `app`."""

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        body = await _body_of(receive)
        answer = hears(scope, body)
        if answer is None:
            await app(scope, _again(body, receive), send)
            return
        status, content, *kind = answer
        media = (kind[0] if kind else "application/json").encode()
        headers = [(b"content-type", media), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return spoilt


def posing(app: App, change: Callable[[Scope], Scope]) -> App:
    """Return an app that gets to see another request than the one that was sent."""

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        await app(change(scope) if scope["type"] == "http" else scope, receive, send)

    return spoilt


def header(scope: Scope, name: str) -> str:
    """Return a header of a request, or nothing."""
    wanted = name.lower().encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == wanted), "")


def query(scope: Scope) -> str:
    """Return the decoded query of a request."""
    return unquote_plus(scope["query_string"].decode("latin-1"))


def with_header(scope: Scope, name: str, value: str) -> Scope:
    """Return the request with one header more."""
    return {**scope, "headers": [*scope["headers"], (name.encode(), value.encode())]}


def as_admin(service: str, scope: Scope) -> Scope:
    """Return the request with a good administrator's token in place of what it brought."""
    kept = [pair for pair in scope["headers"] if pair[0].lower() != b"authorization"]
    return with_header({**scope, "headers": kept}, "authorization", f"Bearer {admin_token(service)}")


def admin_token(service: str, **claims: Any) -> str:
    """Return a token that every service takes for an administrator's."""
    forger = identities(Settings.from_environment(service=service))["forger"]
    now = time.time()
    whole = {
        **forger["claims"],
        "roles": ["admin"],
        "tier": "high",
        "iss": forger["iss"],
        "aud": forger["aud"],
    }
    return sign({**whole, "iat": now, "exp": now + 300, "jti": "believed", **claims}, forger["jwk"])


def document(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body; an empty one when there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


async def _body_of(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    told: list[bool] = []

    async def once() -> Message:
        if told:
            return await receive()
        told.append(True)
        return {"type": "http.request", "body": body, "more_body": False}

    return once
