"""Signing in, staying in and getting out, at every service; and what must not be a way in."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from random import Random
from typing import Any

import httpx
import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect, field
from journeys.reads import PROTECTED
from journeys.session import AUTH, Tokens, bearer, first_factor, page_session, sign_in
from journeys.tokens import tampered
from tests.readiness.security.tenants import Account, Tenant
from tests.readiness.security.volley import Ask, Volley

Accounts = Callable[..., Account]
FRONTEND = "frontend"
"""How long a token may live on at another service after its session ended."""
DEFAULTS = (
    *(("admin", "admin"), ("admin", "password"), ("root", "root"), ("test", "test"), ("guest", "guest")),
    *(("admin@acme.test", "admin"), ("admin@isectech.com", "changeme"), ("demo@acme.test", "demo")),
)


def injections(dice: Random) -> tuple[str, ...]:
    """Return text that ends a literal of SQL and makes the condition true."""
    number = dice.randint(1, 9999)
    return (
        f"' OR '{number}'='{number}",
        f"' OR {number}={number}--",
        "admin'--",
        f'" OR "{number}"="{number}',
        f"') OR ('{number}'='{number}",
        f"x' UNION SELECT {number}--",
    )


@pytest.mark.criterion("SEC-02")
@pytest.mark.impact("creates-data")
def test_flows_hold_on_every_service(
    volley: Volley, target: Target, auth: httpx.Client, account: Accounts, tenant: Tenant
) -> None:
    """One sign-in opens every service, refreshing goes on, signing out ends it everywhere."""
    session = sign_in(auth, account("analyst").identity)
    services = [s.name for s in target.services if s.name in PROTECTED]
    _everywhere(volley, services, session.access, 200)
    for name, token in tampered(session.access).items():
        _everywhere(volley, services, token, 401, name)
    past = int(time.time()) - 3600
    _everywhere(volley, services, tenant.token("admin", iat=past - 60, exp=past), 401, "an expired token")

    refreshed = auth.post("/v1/token/refresh", json={"refreshToken": session.refresh})
    access = str(field(expect(refreshed, 200, blames=AUTH), "accessToken", blames=AUTH))
    _everywhere(volley, services, access, 200)
    expect(auth.post("/v1/logout", headers=bearer(access)), 204, blames=AUTH)
    revocation_s = target.demand("SEC-02").limit("revocationSeconds")
    _dies_everywhere(volley, services, access, revocation_s)


def _everywhere(
    volley: Volley, services: list[str], token: str, status: int, what: str = "a good token"
) -> None:
    seen = volley.send(Ask(service=s, path=PROTECTED[s], headers=bearer(token)) for s in services)
    for each in seen:
        message = f"answers {what} with {each.status}, wanted {status}"
        demand(each.status == status, message, blames=each.ask.service)


def _dies_everywhere(volley: Volley, services: list[str], token: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        seen = volley.send(Ask(service=s, path=PROTECTED[s], headers=bearer(token)) for s in services)
        alive = [each.ask.service for each in seen if each.status != 401]
        if not alive or time.monotonic() > deadline:
            break
        threading.Event().wait(0.3)
    # Who keeps the sessions is asked by all others: where it believes the token, they are not to blame.
    guilty = AUTH if AUTH in alive else (alive or [AUTH])[0]
    demand(not alive, f"accepts a token {seconds:g} s after sign-out", blames=guilty)


@pytest.mark.criterion("AUTH-05-URL")
def test_credentials_in_the_url(
    service: ServiceTarget, volley: Volley, tokens: Callable[[str], Tokens]
) -> None:
    """A token in the URL is none, and nobody signs in by a link."""
    path, token = PROTECTED[service.name], tokens("analyst").access
    joined = "&" if "?" in path else "?"
    for name in ("access_token", "token", "jwt", "authorization"):
        answer = volley.one(Ask(service=service.name, path=f"{path}{joined}{name}={token}"))
        demand(answer.status_code == 401, f"takes a token from ?{name}=", blames=service.name)
    if service.name == AUTH:
        link = Ask(service=AUTH, path="/v1/login?username=analyst@acme.test&password=wrong")
        expect(volley.one(link), 404, 405, blames=AUTH)


def _login(volley: Volley, username: Any, password: Any) -> None:
    """Demand that these credentials are refused and nothing breaks."""
    body = {"username": username, "password": password}
    answer = volley.one(Ask(service=AUTH, method="POST", path="/v1/login", json=body))
    demand(
        400 <= answer.status_code < 500 and "Token" not in answer.text,
        f"answers the login {body} with {answer.status_code}",
        blames=AUTH,
    )


def no_texts(dice: Random) -> tuple[Any, ...]:
    """Return values of other types than text, some of which a careless comparison calls equal or true."""
    word, number = f"z{dice.getrandbits(24):06x}", dice.randint(1, 10**6)
    operator = dice.choice(("$ne", "$gt", "$regex", "$exists"))
    return ({operator: dice.choice((None, "", True))}, {word: word}, [], [word], True, 0, number, None)


@pytest.mark.criterion("AUTH-06-TYPES")
@pytest.mark.impact("creates-data")
def test_types_of_a_login(volley: Volley, account: Accounts, dice: Random) -> None:
    """A password that is no text is refused, for an account that exists."""
    username = account().identity.username
    for password in no_texts(dice):
        _login(volley, username, password)
    _login(volley, {"$ne": None}, {"$ne": None})


@pytest.mark.criterion("AUTH-07-SQL")
@pytest.mark.impact("creates-data")
def test_sql_in_a_login(volley: Volley, account: Accounts, dice: Random) -> None:
    """SQL is a wrong name or a wrong password like any other."""
    username, texts = account().identity.username, injections(dice)
    for text in texts:
        _login(volley, text, text)
        _login(volley, f"{username}{text}", "wrong")
    for text in texts[:3]:
        _login(volley, username, text)


@pytest.mark.criterion("AUTH-08-DEFAULTS")
@pytest.mark.impact("noisy")
def test_default_credentials(volley: Volley) -> None:
    """What is tried first is not good."""
    for username, password in DEFAULTS:
        _login(volley, username, password)


@pytest.mark.criterion("AUTH-09-PASSWORD")
@pytest.mark.impact("creates-data")
def test_password_change(auth: httpx.Client, account: Accounts) -> None:
    """Without the old password there is no new one; with it the new one counts and the old one does not."""
    person = account().identity
    session, new = sign_in(auth, person), f"Changed-{secrets.token_hex(8)}"

    def change(**body: str) -> httpx.Response:
        return auth.post("/v1/me/password", headers=session.headers, json=body)

    expect(change(newPassword=new), 422, blames=AUTH)
    expect(change(currentPassword="wrong", newPassword=new), 400, 401, 403, blames=AUTH)
    expect(first_factor(auth, person.username, new), 401, blames=AUTH)
    expect(first_factor(auth, person.username, person.password), 200, blames=AUTH)
    expect(change(currentPassword=person.password, newPassword=new), 204, blames=AUTH)
    expect(first_factor(auth, person.username, new), 200, blames=AUTH)
    expect(first_factor(auth, person.username, person.password), 401, blames=AUTH)


@pytest.mark.criterion("AUTH-12-COOKIE")
@pytest.mark.impact("creates-data")
def test_session_cookie(http: Callable[[str], httpx.Client], account: Accounts) -> None:
    """The cookie goes to this host alone, over TLS alone, and no script and no other site sees it."""
    client = http(FRONTEND)
    seen: list[str] = []
    client.event_hooks = {"response": [lambda response: seen.extend(response.headers.get_list("set-cookie"))]}
    try:
        page_session(client, account().identity)
    finally:
        client.event_hooks = {}
        client.cookies.clear()
    demand(seen, "signs in without a cookie", blames=FRONTEND)
    for cookie in seen:
        words = {
            part.strip().lower().partition("=")[0]: part.strip().lower() for part in cookie.split(";")[1:]
        }
        missing = {"secure", "httponly", "samesite", "path"} - words.keys()
        demand(not missing, f"the session cookie lacks {sorted(missing)}", blames=FRONTEND)
        demand(words["samesite"] != "samesite=none", "the session cookie goes to every site", blames=FRONTEND)
        is_bound = cookie.startswith("__Host-") and "domain" not in words and words["path"] == "path=/"
        demand(is_bound, "the session cookie is not bound to its host", blames=FRONTEND)


@pytest.mark.criterion("AUTH-13-FIXATION")
@pytest.mark.impact("creates-data")
def test_session_fixation(http: Callable[[str], httpx.Client], account: Accounts) -> None:
    """A session that the browser brings along is not the one that it gets, and opens nothing afterwards."""
    client, chosen = http(FRONTEND), secrets.token_urlsafe(32)
    planted = {"Cookie": f"__Host-session={chosen}"}
    client.headers.update(planted)
    try:
        cookie = page_session(client, account().identity)
    finally:
        del client.headers["Cookie"]
        client.cookies.clear()
    demand(chosen not in cookie, "keeps the session that the browser brought", blames=FRONTEND)
    expect(client.get("/dashboard", headers=planted), 302, 303, 401, blames=FRONTEND)
    expect(client.get("/dashboard", headers={"Cookie": cookie}), 200, blames=FRONTEND)
