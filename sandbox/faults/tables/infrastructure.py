"""Revisions that miss what the platform stands on: breakers, limits, headers."""

from __future__ import annotations

from sandbox.faults.fault import ALL, TAKING_TOKENS, rows

_row = rows("infrastructure")
_CALLING = tuple(name for name in ALL if name != "auth-service")
_PUBLIC = ("frontend", "api-gateway")

KNOWN = (
    _row("I01", "breaker-open", _CALLING, "its circuit to auth-service is open", "INF-03"),
    _row("I02", "breakers-forgotten", _CALLING, "calls others without a circuit breaker", "INF-03"),
    _row("I03", "limit-raised", ALL, "takes any number of requests of one caller", "INF-05"),
    _row("I04", "limit-unexplained", ALL, "answers 429 and does not say how long to wait", "INF-05"),
    _row("M10", "headers-forgotten", "frontend", "one page lacks its security headers", "SEC-08"),
    _row("I05", "transport-lax", _PUBLIC, "is strict about HTTPS for an hour", "SEC-07", "SEC-08"),
    _row("I06", "sniffing-allowed", ALL, "lets browsers guess the kind of an error", "SEC-08"),
    _row("I07", "policy-lax", ALL, "its content security policy takes inline scripts", "SEC-08"),
    _row("I08", "answers-kept", TAKING_TOKENS, "lets anybody on the way keep an answer", "SEC-08"),
)
"""Revisions that work, and lack a protection."""
