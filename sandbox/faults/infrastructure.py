"""Revisions that miss what the platform stands on: breakers, limits, headers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from sandbox.faults.wrapping import App, Matches, Message, rewriting, starting, without_header

Create = Callable[[], Any]
_UNLIMITED = "1000000"


def _everything(_method: str, _path: str) -> bool:
    return True


def _circuits(_method: str, path: str) -> bool:
    return path == "/internal/circuits"


def breaker_open(_service: str, create_app: Create) -> App:
    """I01: the circuit to auth-service is open, as after a failure that nobody looked into."""

    def opened(document: Any) -> Any:
        items = [
            {**item, "state": "open"} if item["name"] == "auth-service" else item
            for item in document["items"]
        ]
        return {**document, "items": items}

    return rewriting(create_app(), _circuits, opened)


def breakers_forgotten(_service: str, create_app: Create) -> App:
    """I02: there is no circuit breaker at all."""
    return rewriting(create_app(), _circuits, lambda document: {**document, "items": []})


def limit_raised(_service: str, create_app: Create) -> App:
    """I03: the limit of a load test was left in place; the header still shows the one of the contract."""
    names = ("RATE_LIMIT_STANDARD", "RATE_LIMIT_ANONYMOUS")
    os.environ.update(dict.fromkeys(names, _UNLIMITED))
    return _setting(create_app(), _everything, b"ratelimit-limit", b"300", only_present=True)


def limit_unexplained(_service: str, create_app: Create) -> App:
    """I04: whoever is refused is not told how long to wait."""
    return without_header(create_app(), _everything, b"retry-after")


def headers_forgotten(_service: str, create_app: Create) -> App:
    """M10: one page of all is served without Strict-Transport-Security and without a policy."""
    names = (b"strict-transport-security", b"content-security-policy")

    def strip(start: Message) -> Message:
        return {**start, "headers": [pair for pair in start["headers"] if pair[0].lower() not in names]}

    return starting(create_app(), lambda _method, path: path == "/assistant", strip)


def transport_lax(_service: str, create_app: Create) -> App:
    """I05: Strict-Transport-Security for an hour, as while it is being tried out."""
    return _setting(create_app(), _everything, b"strict-transport-security", b"max-age=3600")


def sniffing_allowed(_service: str, create_app: Create) -> App:
    """I06: errors are written by another layer, which knows nothing of the headers."""

    def strip(start: Message) -> Message:
        if int(start["status"]) < 400:
            return start
        headers = [pair for pair in start["headers"] if pair[0].lower() != b"x-content-type-options"]
        return {**start, "headers": headers}

    return starting(create_app(), _everything, strip)


def policy_lax(_service: str, create_app: Create) -> App:
    """I07: the content security policy takes inline scripts."""
    lax = b"default-src 'self'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
    return _setting(create_app(), _everything, b"content-security-policy", lax)


def answers_kept(_service: str, create_app: Create) -> App:
    """I08: whoever is on the way may keep what was answered."""
    return _setting(
        create_app(), lambda method, _path: method == "GET", b"cache-control", b"public, max-age=600"
    )


def _setting(app: App, matches: Matches, name: bytes, value: bytes, *, only_present: bool = False) -> App:
    def change(start: Message) -> Message:
        others = [pair for pair in start["headers"] if pair[0].lower() != name]
        is_present = len(others) < len(start["headers"])
        return {**start, "headers": [*others, (name, value)]} if is_present or not only_present else start

    return starting(app, matches, change)
