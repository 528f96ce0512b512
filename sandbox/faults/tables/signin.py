"""Revisions of auth-service that do not keep what a sign-in promises."""

from __future__ import annotations

from sandbox.faults.fault import rows

_row = rows("signin")

KNOWN = (
    _row("S01", "refresh-reusable", "auth-service", "a refresh token is good for ever", "AUT-REUSE"),
    _row("S02", "refresh-family-kept", "auth-service", "a stolen refresh token ends nothing", "AUT-REUSE"),
    _row("S03", "refresh-outlives", "auth-service", "signing out leaves the refresh token", "AUT-LOGOUT"),
    _row("S04", "refresh-dead", "auth-service", "a refreshed token opens nothing", "AUT-REFRESH"),
    _row("S05", "lockout-off", "auth-service", "wrong passwords are not counted", "AUT-LOCKOUT"),
    _row("S06", "user-told", "auth-service", "a refusal says whether the user exists", "AUT-WRONG-PASSWORD"),
    _row("S07", "me-confused", "auth-service", "one is shown as another tenant's member", "AUT-LOGIN"),
    _row("S08", "me-storable", "auth-service", "personal answers may be cached", "AUT-LOGIN"),
    _row("S10", "right-password-refused", "auth-service", "nobody gets in any more", "AUT-LOGIN"),
    _row("S09", "audit-dropped", "auth-service", "the trail keeps no entry of others", "JRN-ANALYST"),
)
