"""Every way in, and every way that must not be one."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from gates.model.identity import Identity
from gates.model.target import ServiceTarget
from journeys import tokens as forged
from journeys.checks import demand, expect, field
from journeys.reads import PROTECTED
from journeys.session import (
    ACCEPTED,
    AUTH,
    Tokens,
    admitted,
    bearer,
    first_factor,
    password_accepted,
    second_factor,
    sign_in,
    unless_locked,
    wrong_code,
)

Http = Callable[[str], httpx.Client]
Made = Callable[[str], Callable[[], None]]
Who = Callable[[str], Identity]
SignedIn = Callable[[str], Tokens]
Secret = Callable[[str], Mapping[str, Any]]
WRONG_CLAIMS = ({"aud": "another-platform"}, {"aud": None}, {"iss": "https://auth.example"}, {"iss": None})
ATTEMPTS = 8
"""More wrong passwords than any sensible lockout allows (ASVS 5.0, 6.3.1)."""


@pytest.mark.criterion("AUT-LOGIN", "VAL-AUTH")
def test_login(auth: httpx.Client, identity: Who) -> None:
    """Password and second factor lead to a token that works, for the one who signed in."""
    viewer = identity("viewer")
    me = expect(auth.get("/v1/me", headers=sign_in(auth, viewer).headers), 200, blames=AUTH)

    seen = (field(me, "username", blames=AUTH), field(me, "tenant", blames=AUTH))
    demand(seen == (viewer.username, viewer.tenant), f"signed in {viewer.username} as {seen}", blames=AUTH)
    demand(me.headers.get("cache-control") == "no-store", "/v1/me may be stored", blames=AUTH)


@pytest.mark.criterion("AUT-MFA", "VAL-AUTH")
def test_mfa(auth: httpx.Client, identity: Who) -> None:
    """The password alone gives no access, and neither does a wrong code or a code without the first step."""
    responder = identity("responder")
    first = password_accepted(auth, responder, may_be_locked=True)
    mfa_token = str(field(first, "mfaToken", blames=AUTH))

    demand("accessToken" not in first.json(), "a token for the password alone", blames=AUTH)
    expect(auth.get("/v1/me", headers=bearer(mfa_token)), 401, blames=AUTH)
    wrong = second_factor(auth, mfa_token, wrong_code(responder.totp_secret))
    expect(unless_locked(wrong, responder), 401, blames=AUTH)
    expect(second_factor(auth, "a.b.c", wrong_code(responder.totp_secret)), 401, blames=AUTH)


@pytest.mark.criterion("AUT-WRONG-PASSWORD", "VAL-AUTH")
def test_wrong_password(auth: httpx.Client, identity: Who) -> None:
    """A wrong password and an unknown user get the same refusal (ASVS 5.0, 6.3.8)."""
    manager = identity("manager")
    known = unless_locked(first_factor(auth, manager.username, f"wrong-{secrets.token_hex(4)}"), manager)
    unknown = first_factor(auth, f"nobody{secrets.token_hex(4)}@acme.test", "wrong")
    expect(known, 401, blames=AUTH)
    expect(unknown, 401, blames=AUTH)

    seen = [
        (field(answer, "code", blames=AUTH), field(answer, "detail", blames=AUTH))
        for answer in (known, unknown)
    ]
    demand(seen[0] == seen[1], f"{AUTH} tells a known user from an unknown one: {seen}", blames=AUTH)


@pytest.mark.criterion("AUT-LOCKOUT", "VAL-AUTH")
@pytest.mark.impact("creates-data")
def test_lockout(auth: httpx.Client, tokens: SignedIn, identity: Who, label: str, made: Made) -> None:
    """Wrong passwords lock a throw-away account, the right one included, and nobody else's."""
    admin = tokens("admin").headers
    username, password = f"{label}-{secrets.token_hex(4)}@acme.test", f"Locked-{secrets.token_hex(8)}"
    gone = made(f"the account {username}")
    answer = auth.post(
        "/v1/users", headers=admin, json={"username": username, "password": password, "roles": ["viewer"]}
    )
    user_id = field(expect(answer, 201, blames=AUTH), "id", blames=AUTH)
    try:
        statuses = [first_factor(auth, username, "wrong").status_code for _ in range(ATTEMPTS)]
        demand(
            set(statuses) <= {401, 423, 429}, f"{AUTH} answered wrong passwords with {statuses}", blames=AUTH
        )
        expect(first_factor(auth, username, password), 401, 423, 429, blames=AUTH)
        password_accepted(auth, identity("admin"))
    finally:
        if auth.put(f"/v1/users/{user_id}/status", headers=admin, json={"isEnabled": False}).is_success:
            gone()


@pytest.mark.criterion("AUT-EXPIRED", "VAL-AUTH")
@pytest.mark.together("signing key")
def test_expired(service: ServiceTarget, http: Http, secret: Secret) -> None:
    """A token that is past its time is refused; the same one within its time is not."""
    read, forger, person = PROTECTED[service.name], secret("forger"), secret("analyst")["subject"]
    control = http(service.name).get(read, headers=bearer(forged.mint(forger, sub=person)))
    _trusted(control, forger)
    refusal = f"refuses the control token: {control.text[:120]}"
    demand(control.status_code != 401, refusal, blames=service.name)
    now = int(time.time())
    old = forged.mint(forger, sub=person, iat=now - 7200, exp=now - 3600)

    expect(http(service.name).get(read, headers=bearer(old)), 401, blames=service.name)


@pytest.mark.criterion("AUT-TAMPERED", "VAL-AUTH")
def test_tampered(service: ServiceTarget, http: Http, tokens: SignedIn) -> None:
    """A token whose content, signature or algorithm was changed is refused, and so is none at all."""
    read, good = PROTECTED[service.name], tokens("analyst")
    expect(http(service.name).get(read, headers=good.headers), 200, blames=service.name)
    expect(http(service.name).get(read), 401, blames=service.name)

    accepted = [
        name
        for name, token in forged.tampered(good.access).items()
        if http(service.name).get(read, headers=bearer(token)).status_code != 401
    ]
    demand(not accepted, f"accepts a token with: {', '.join(accepted)}", blames=service.name)


@pytest.mark.criterion("AUT-AUDIENCE", "VAL-AUTH")
def test_audience(service: ServiceTarget, http: Http, secret: Secret) -> None:
    """A token for another audience or by another issuer is refused (RFC 8725, 3.8 and 3.9)."""
    read, forger = PROTECTED[service.name], secret("forger")
    for claims in (
        {"aud": "another-platform"},
        {"aud": None},
        {"iss": "https://auth.example"},
        {"iss": None},
    ):
        response = http(service.name).get(read, headers=bearer(forged.mint(forger, **claims)))
        message = f"accepts a token with {claims}: {response.status_code}"
        demand(response.status_code == 401, message, blames=service.name)


@pytest.mark.criterion("AUT-REFRESH", "VAL-AUTH")
def test_refresh(auth: httpx.Client, identity: Who) -> None:
    """A refresh token gives a new pair, and the new access token works."""
    old = sign_in(auth, identity("manager-2"))
    response = expect(_refresh(auth, old.refresh), 200, blames=AUTH)
    new = str(field(response, "accessToken", blames=AUTH))

    is_rotated = field(response, "refreshToken", blames=AUTH) != old.refresh
    demand(is_rotated, "the same refresh token again", blames=AUTH)
    expect(auth.get("/v1/me", headers=bearer(new)), 200, blames=AUTH)


@pytest.mark.criterion("AUT-REUSE", "VAL-AUTH")
def test_reuse(auth: httpx.Client, identity: Who) -> None:
    """A refresh token that is used twice is refused, and its whole family is dead (RFC 9700, 4.14.2)."""
    first = sign_in(auth, identity("responder-2")).refresh
    second = str(field(expect(_refresh(auth, first), 200, blames=AUTH), "refreshToken", blames=AUTH))

    expect(_refresh(auth, first), 400, 401, blames=AUTH)
    expect(_refresh(auth, second), 400, 401, blames=AUTH)


@pytest.mark.criterion("AUT-LOGOUT", "VAL-AUTH")
def test_logout(auth: httpx.Client, identity: Who) -> None:
    """After sign-out neither the access token nor the refresh token is good any more."""
    session = sign_in(auth, identity("viewer-2"))
    expect(auth.get("/v1/me", headers=session.headers), 200, blames=AUTH)
    expect(auth.post("/v1/logout", headers=session.headers), 204, blames=AUTH)

    expect(auth.get("/v1/me", headers=session.headers), 401, blames=AUTH)
    expect(_refresh(auth, session.refresh), 400, 401, blames=AUTH)


@pytest.mark.criterion("AUT-S2S")
@pytest.mark.together("signing key")
def test_s2s(service: ServiceTarget, http: Http, secret: Secret) -> None:
    """A service's token is good at the service that it was made for and nowhere else."""
    forger, read = secret("forger"), PROTECTED[service.name]

    def ask(audience: str) -> httpx.Response:
        claims = {
            "sub": "api-gateway",
            "kind": "service",
            "roles": ["service"],
            "tenant": "",
            "aud": audience,
        }
        headers = bearer(forged.mint(forger, **claims)) | {"x-on-behalf-tenant": "acme"}
        return http(service.name).get(read, headers=headers)

    own = ask(service.name)
    _trusted(own, forger)
    demand(own.status_code != 401, "refuses a token that was made for it", blames=service.name)
    for other in ("auth-service", "isectech"):
        is_refused = ask(other).status_code == 401
        demand(is_refused, f"accepts a service's token for {other}", blames=service.name)


def _trusted(answer: httpx.Response, forger: Mapping[str, Any]) -> None:
    """Take note of how a good token of the forger was answered: its key may be the wrong one."""
    admitted(answer, "forger", was_accepted=bool(forger["was_accepted"]), shown="signing key")
    if answer.is_success:
        ACCEPTED.add("forger")


def _refresh(auth: httpx.Client, token: str) -> httpx.Response:
    return auth.post("/v1/token/refresh", json={"refreshToken": token})
