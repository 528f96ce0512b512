"""Signing in as a person does: password, second factor, tokens."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx
import pyotp

from gates.model.identity import Identity
from journeys import checks

AUTH = "auth-service"
ACCEPTED: set[str] = set()
"""The identities that this process was let in as, each with all of its secrets."""
_PROVEN: set[tuple[str, str]] = set()
_PERIOD_S = 30
_LOCKED = (HTTPStatus.LOCKED, HTTPStatus.TOO_MANY_REQUESTS)
WAIT = threading.Event().wait


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


class NotAdmittedError(Exception):
    """A secret of ours was refused, and nobody knows that it is right: nothing was seen of the platform."""


def admitted(response: httpx.Response, name: str, *, was_accepted: bool, shown: str) -> None:
    """Take note of how a secret of ours was answered.

    Args:
        response: what came back.
        name: the identity's.
        was_accepted: whether exactly its secrets were accepted here before.
        shown: which of them it was, in a word.

    Raises:
        NotAdmittedError: refused, and it may be our secret that is wrong.
    """
    is_refused = response.status_code == HTTPStatus.UNAUTHORIZED
    if response.is_success:
        _PROVEN.add((name, shown))
    elif is_refused and not was_accepted and (name, shown) not in _PROVEN:
        raise NotAdmittedError(
            f"the {shown} of {name} was refused, and exactly this one was never accepted here:"
            " is it right? If it is, the way in is broken"
        )


def prove(name: str, *shown: str) -> None:
    """Take note that secrets of an identity were accepted in this run, in whichever of its processes."""
    _PROVEN.update((name, each) for each in shown)


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
    known = {"username": identity.username, "password": identity.password}
    for code in codes(identity):
        response = http.post("/session", json={**known, "code": code})
        if not _is_used_up(response):
            break
    else:
        raise _used_up(identity)
    admitted(response, identity.name, was_accepted=identity.was_accepted, shown="password or code")
    checks.expect(response, 201, blames="frontend")
    ACCEPTED.add(identity.name)
    return "; ".join(f"{name}={value}" for name, value in response.cookies.items())


def unless_locked(response: httpx.Response, identity: Identity) -> httpx.Response:
    """Return the answer to a sign-in of an identity that checks send wrong secrets for.

    Raises:
        NotAdmittedError: the account is locked, as it must be when several looks sent some within a minute.
    """
    if response.status_code in _LOCKED:
        raise NotAdmittedError(
            f"{identity.name} is locked ({response.status_code}), perhaps by wrong secrets of earlier looks"
        )
    return response


def password_accepted(
    http: httpx.Client, identity: Identity, *, may_be_locked: bool = False
) -> httpx.Response:
    """Send the first factor of an identity of ours and return the answer that asks for the second.

    Raises:
        DemandNotMetError: auth-service refuses the right password.
        NotAdmittedError: it refuses one that may be wrong, or is locked where it may be.
    """
    answer = first_factor(http, identity.username, identity.password)
    if may_be_locked:
        unless_locked(answer, identity)
    admitted(answer, identity.name, was_accepted=identity.was_accepted, shown="password")
    return checks.expect(answer, 200, blames=AUTH)


def sign_in(http: httpx.Client, identity: Identity) -> Tokens:
    """Sign in at auth-service and return the tokens.

    Raises:
        DemandNotMetError: auth-service does not let the identity in.
        NotAdmittedError: so it is, and the secrets may be wrong, or somebody else uses up the codes.
    """
    mfa_token = str(checks.field(password_accepted(http, identity), "mfaToken", blames=AUTH))
    for code in codes(identity):
        response = second_factor(http, mfa_token, code)
        if not _is_used_up(response):
            break
    else:
        raise _used_up(identity)
    admitted(response, identity.name, was_accepted=identity.was_accepted, shown="one-time code")
    checks.expect(response, 200, blames=AUTH)
    ACCEPTED.add(identity.name)
    return Tokens(
        access=str(checks.field(response, "accessToken", blames=AUTH)),
        refresh=str(checks.field(response, "refreshToken", blames=AUTH)),
    )


def codes(identity: Identity) -> Iterator[str]:
    """Yield the one-time codes to try, each once: this period's, the next one's, then after a wait one more.

    Somebody else may have used one just before, and no code is good twice. A wait that is too long for the
    identity is not begun.
    """
    totp, last = pyotp.TOTP(identity.totp_secret), 0
    for turn in range(2):
        pause = turn * (_PERIOD_S - time.time() % _PERIOD_S + 0.1)
        if pause > identity.longest_wait_s:
            return
        if pause:
            WAIT(pause)
        now = int(time.time()) // _PERIOD_S
        for period in range(max(now, last + 1), now + 2):
            last = period
            yield totp.at(period * _PERIOD_S)


def _used_up(identity: Identity) -> NotAdmittedError:
    return NotAdmittedError(f"every one-time code of {identity.name} was used before: who else signs in?")


def _is_used_up(response: httpx.Response) -> bool:
    return response.status_code == 401 and "code_reused" in response.text


def wrong_code(secret: str) -> str:
    """Return a six-digit code that is not good now, nor in the periods beside it."""
    totp, now = pyotp.TOTP(secret), int(time.time())
    good = {totp.at(now + shift * _PERIOD_S) for shift in (-2, -1, 0, 1, 2)}
    return next(code for code in (f"{number:06d}" for number in range(10)) if code not in good)
