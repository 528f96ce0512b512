"""Revisions that let in whom they must not."""

from __future__ import annotations

from sandbox.faults.fault import TAKING_TOKENS, Fault, late

KNOWN = (
    Fault(
        "M02",
        "any-token",
        TAKING_TOKENS,
        "any bearer string is accepted",
        ("AUT-TAMPERED", "AUT-EXPIRED", "AUT-AUDIENCE"),
        late("authentication", "any_token"),
    ),
    Fault(
        "M04",
        "expired-accepted",
        ("auth-service",),
        "an expired token is accepted",
        ("AUT-EXPIRED",),
        late("authentication", "expired_accepted"),
    ),
    Fault(
        "M05",
        "logout-ignored",
        ("auth-service",),
        "signing out ends nothing",
        ("AUT-LOGOUT", "VAL-AUTH", "SEC-02"),
        late("authentication", "logout_ignored"),
    ),
    Fault(
        "M06",
        "second-factor-skipped",
        ("auth-service",),
        "every one-time code is good",
        ("AUT-MFA",),
        late("authentication", "second_factor_skipped"),
    ),
)
