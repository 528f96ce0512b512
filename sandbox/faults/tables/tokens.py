"""Revisions that believe a token which nobody may believe."""

from __future__ import annotations

from sandbox.faults.fault import TAKING_TOKENS, rows

_row = rows("tokens")
_INTERNAL = tuple(name for name in TAKING_TOKENS if name not in ("api-gateway", "auth-service"))
_UNSIGNED = ("AUT-TAMPERED", "AUT-AUDIENCE", "AUT-S2S")

KNOWN = (
    _row("M01", "token-missing", TAKING_TOKENS, "who brings no token passes", "AUT-TAMPERED"),
    _row("M03", "algorithm-none", TAKING_TOKENS, "an unsigned token is believed", "AUT-TAMPERED"),
    _row("T01", "signature-unchecked", TAKING_TOKENS, "the signature is not looked at", *_UNSIGNED),
    _row("T02", "expiry-ignored", TAKING_TOKENS, "a token never expires", "AUT-EXPIRED"),
    _row(
        "T03", "audience-ignored", TAKING_TOKENS, "a token for another platform is believed", "AUT-AUDIENCE"
    ),
    _row("T04", "issuer-ignored", TAKING_TOKENS, "a token of another issuer is believed", "AUT-AUDIENCE"),
    _row("T05", "service-audience-ignored", _INTERNAL, "a service's token opens every service", "AUT-S2S"),
    _row("T06", "first-factor-enough", "auth-service", "the first factor opens everything", "AUT-MFA"),
)
