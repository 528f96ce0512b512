"""Ways to spoil an app by what comes in: a request reaches it changed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from sandbox.faults.wrapping import App, Receive, Scope, Send
from sandbox.kit.seed import identities
from sandbox.kit.settings import Settings
from sandbox.kit.tokens import sign


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
