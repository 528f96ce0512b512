"""Signing in as a person does: password, second factor, tokens."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import httpx
import pyotp

from gates.model.identity import Identity
from journeys import checks

AUTH = "auth-service"
_PERIOD_S = 30
_LONGEST_WAIT_S = 35.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a sign-in gives; neither shows in a representation."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries the access token."""
        return bearer(self.access)


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def first_factor(http: httpx.Client, username: str, password: str) -> httpx.Response:
    """Send name and password."""
    return http.post("/v1/login", json={"username": username, "password": password})


def second_factor(http: httpx.Client, mfa_token: str, code: str) -> httpx.Response:
    """Send the one-time code."""
    return http.post("/v1/mfa/verify", json={"mfaToken": mfa_token, "code": code})


def page_session(http: httpx.Client, identity: Identity) -> str:
    """Sign in at the frontend as a browser does and return the session cookie as a header's value.

    Raises:
        DemandNotMetError: the frontend does not let the identity in.
    """
    totp, now = pyotp.TOTP(identity.totp_secret), int(time.time())
    known = {"username": identity.username, "password": identity.password}
    response = http.post("/session", json={**known, "code": totp.at(now)})
    if response.status_code == 401:
        response = http.post("/session", json={**known, "code": totp.at(now + _PERIOD_S)})
    checks.expect(response, 201, blames="frontend")
    return "; ".join(f"{name}={value}" for name, value in response.cookies.items())


def sign_in(http: httpx.Client, identity: Identity) -> Tokens:
    """Sign in at auth-service and return the tokens.

    A code is good once: when this period's was used by somebody before, the next period's is tried, and
    then the period is waited out.

    Raises:
        DemandNotMetError: auth-service does not let the identity in.
    """
    answer = first_factor(http, identity.username, identity.password)
    mfa_token = str(checks.field(checks.expect(answer, 200, blames=AUTH), "mfaToken", blames=AUTH))
    response = _with_fresh_code(http, mfa_token, identity.totp_secret)
    checks.expect(response, 200, blames=AUTH)
    return Tokens(
        access=str(checks.field(response, "accessToken", blames=AUTH)),
        refresh=str(checks.field(response, "refreshToken", blames=AUTH)),
    )


def _with_fresh_code(http: httpx.Client, mfa_token: str, secret: str) -> httpx.Response:
    totp = pyotp.TOTP(secret)
    deadline = time.monotonic() + _LONGEST_WAIT_S
    while True:
        now = int(time.time())
        response = second_factor(http, mfa_token, totp.at(now))
        if _is_used_up(response):
            response = second_factor(http, mfa_token, totp.at(now + _PERIOD_S))
        if not _is_used_up(response) or time.monotonic() >= deadline:
            return response
        threading.Event().wait(_PERIOD_S - time.time() % _PERIOD_S + 0.1)


def _is_used_up(response: httpx.Response) -> bool:
    return response.status_code == 401 and "code_reused" in response.text


def wrong_code(secret: str) -> str:
    """Return a six-digit code that is not good now, nor in the periods beside it."""
    totp, now = pyotp.TOTP(secret), int(time.time())
    good = {totp.at(now + shift * _PERIOD_S) for shift in (-2, -1, 0, 1, 2)}
    return next(code for code in (f"{number:06d}" for number in range(10)) if code not in good)
