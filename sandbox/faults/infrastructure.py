"""Revisions that work, and lack a protection: breakers, limits, headers."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from sandbox.faults.fault import ALL, TAKING_TOKENS, App, Create, Message, known_bad, replacing, wrapping
from sandbox.faults.response_faults import on, starting, with_header, without, without_header
from sandbox.kit.breaker import Breaker, CircuitState

_CALLING = tuple(name for name in ALL if name != "auth-service")
_PUBLIC = ("frontend", "api-gateway")


@known_bad("I01", _CALLING, "its circuit to auth-service is open", "INF-03")
@replacing("kit.breaker:Breaker.report")
def breaker_open(genuine: Callable[[Any], Any], breaker: Any) -> Any:
    """The report alone is wrong: with an open circuit no token could be checked, and no report read."""
    said = genuine(breaker)
    return said.model_copy(update={"state": CircuitState.OPEN}) if breaker.name == "auth-service" else said


@known_bad("I02", _CALLING, "calls others without a circuit breaker", "INF-03")
@replacing("kit.breaker:Circuits.of")
def breakers_forgotten(_genuine: object, _circuits: object, name: str) -> Breaker:
    """Each call gets a new circuit, which is not kept and which no failure can open."""
    return Breaker(name, threshold=1_000_000, open_for=0.0)


@known_bad("I03", ALL, "takes any number of requests of one caller", "INF-05")
def limit_raised(_service: str, create: Create) -> App:
    """The limit of a load test was left in place; the header still shows the one of the contract."""
    os.environ.update(RATE_LIMIT_STANDARD="1000000", RATE_LIMIT_ANONYMOUS="1000000")
    return _setting(create(), b"ratelimit-limit", b"300")


@known_bad("I04", ALL, "answers 429 and does not say how long to wait", "INF-05")
@wrapping
def limit_unexplained(app: App) -> App:
    return without_header(app, on(".*"), b"retry-after")


@known_bad("M10", "frontend", "one page lacks its security headers", "SEC-08")
@wrapping
def headers_forgotten(app: App) -> App:
    names = (b"strict-transport-security", b"content-security-policy")
    return without_header(app, on(".* /assistant"), *names)


@known_bad("I05", _PUBLIC, "is strict about HTTPS for an hour", "SEC-07", "SEC-08")
@wrapping
def transport_lax(app: App) -> App:
    return _setting(app, b"strict-transport-security", b"max-age=3600")


@known_bad("I06", ALL, "lets browsers guess the kind of an error", "SEC-08")
@wrapping
def sniffing_allowed(app: App) -> App:
    """Errors are written by another layer, which knows nothing of the headers."""

    def strip(start: Message) -> Message:
        if int(start["status"]) < 400:
            return start
        return {**start, "headers": without(start["headers"], b"x-content-type-options")}

    return starting(app, on(".*"), strip)


@known_bad("I07", ALL, "its content security policy takes inline scripts", "SEC-08")
@wrapping
def policy_lax(app: App) -> App:
    lax = b"default-src 'self'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
    return _setting(app, b"content-security-policy", lax)


@known_bad("I08", TAKING_TOKENS, "lets anybody on the way keep an answer", "SEC-08")
@wrapping
def answers_kept(app: App) -> App:
    return with_header(app, on("GET .*"), (b"cache-control", b"public, max-age=600"))


def _setting(app: App, name: bytes, value: bytes) -> App:
    """Give another value to a header, where there is one."""

    def change(start: Message) -> Message:
        headers = [(key, value if key.lower() == name else said) for key, said in start["headers"]]
        return {**start, "headers": headers}

    return starting(app, on(".*"), change)
