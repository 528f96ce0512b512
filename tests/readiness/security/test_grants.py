"""What auth-service gives to programs and to those who stay signed in, and what it takes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from gates.model.target import Target
from journeys.checks import demand, document, expect, field
from journeys.session import AUTH, sign_in
from tests.readiness.security.forgeries import read
from tests.readiness.security.tenants import Account, Tenant

Secret = Callable[[str], Mapping[str, Any]]
Accounts = Callable[..., Account]
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})
"""Members of a private or shared key (RFC 7518, 6)."""


@pytest.mark.criterion("OAU-03-REVOKE")
@pytest.mark.impact("creates-data")
def test_revocation(auth: httpx.Client, account: Accounts, tenant: Tenant) -> None:
    """After its revocation a refresh token gives nothing, and introspection calls the session dead."""
    session = sign_in(auth, account().identity)
    _introspected(auth, tenant, session.access, is_active=True)
    revoked = auth.post("/v1/revoke", headers=session.headers, json={"token": session.refresh})
    expect(revoked, 200, 204, blames=AUTH)
    refreshed = auth.post("/v1/token/refresh", json={"refreshToken": session.refresh})
    expect(refreshed, 400, 401, blames=AUTH)
    _introspected(auth, tenant, session.access, is_active=False)


def _introspected(auth: httpx.Client, tenant: Tenant, token: str, *, is_active: bool) -> None:
    answer = auth.post("/v1/introspect", headers=tenant.headers("admin"), json={"token": token})
    said = field(expect(answer, 200, blames=AUTH), "active", blames=AUTH)
    demand(said is is_active, f"introspection calls the token active: {said}", blames=AUTH)


@pytest.mark.criterion("OAU-05-OTHERS")
@pytest.mark.impact("creates-data")
def test_other_sessions_end(auth: httpx.Client, account: Accounts) -> None:
    """The session that changed the password goes on, the other one is over."""
    person = account().identity
    other, mine = sign_in(auth, person), sign_in(auth, person)
    body = {"currentPassword": person.password, "newPassword": f"{person.password}-new"}
    expect(auth.post("/v1/me/password", headers=mine.headers, json=body), 204, blames=AUTH)
    expect(auth.get("/v1/me", headers=mine.headers), 200, blames=AUTH)
    expect(auth.get("/v1/me", headers=other.headers), 401, blames=AUTH)
    expect(auth.post("/v1/token/refresh", json={"refreshToken": other.refresh}), 400, 401, blames=AUTH)


@pytest.mark.criterion("OAU-09-GRANTS")
@pytest.mark.impact("noisy")
def test_forbidden_grants(auth: httpx.Client, secret: Secret) -> None:
    """Neither a password nor nothing at all is exchanged for a token."""
    client, person = secret("integrator"), secret("analyst")
    known = {"clientId": client["client_id"], "clientSecret": client["client_secret"]}
    for grant in ("password", "implicit", "token", "urn:ietf:params:oauth:grant-type:jwt-bearer", ""):
        body = {**known, "grantType": grant}
        if grant == "password":
            body |= {"username": person["username"], "password": person["password"]}
        for given in (body, {**known, "grantType": grant}):
            answer = expect(auth.post("/v1/token", json=given), 400, 401, 422, blames=AUTH)
            demand("accessToken" not in answer.text, f"grants a token for {grant}", blames=AUTH)


@pytest.mark.criterion("OAU-10-SCOPE")
@pytest.mark.impact("noisy")
def test_no_more_than_registered(auth: httpx.Client, secret: Secret) -> None:
    """Whatever a program asks for, it gets its registered roles and no service's audience."""
    client = secret("integrator")
    known = {
        "grantType": "client_credentials",
        "clientId": client["client_id"],
        "clientSecret": client["client_secret"],
    }
    wishes: tuple[Mapping[str, Any], ...] = (
        *({}, {"audience": AUTH}, {"audience": "asset-discovery"}, {"scope": "admin"}),
        *({"roles": ["admin"]}, {"tenant": "globex"}, {"kind": "service"}),
    )
    for wish in wishes:
        answer = auth.post("/v1/token", json={**known, **wish})
        if answer.status_code in (400, 401, 422) and wish:
            continue
        _, claims = read(str(field(expect(answer, 200, blames=AUTH), "accessToken", blames=AUTH)))
        granted = (claims.get("roles"), claims.get("tenant"), claims.get("kind"))
        wanted = (list(client["roles"]), client["tenant"], "client")
        is_more = granted != wanted or claims.get("aud") in (AUTH, "asset-discovery")
        demand(not is_more, f"asked for {dict(wish)}, granted {granted} for {claims.get('aud')}", blames=AUTH)


@pytest.mark.criterion("OAU-11-CLIENT")
@pytest.mark.impact("noisy")
def test_client_secret(auth: httpx.Client, secret: Secret) -> None:
    """A wrong secret, an empty one and an unknown program are refused."""
    known = str(secret("integrator")["client_id"])
    for name, given in (
        (known, "wrong"),
        (known, " "),
        (known, known),
        ("nobody", "wrong"),
        ("api-gateway", "x"),
    ):
        body = {"grantType": "client_credentials", "clientId": name, "clientSecret": given, "audience": AUTH}
        answer = expect(auth.post("/v1/token", json=body), 401, blames=AUTH)
        demand("accessToken" not in answer.text, f"grants {name} a token for a wrong secret", blames=AUTH)


@pytest.mark.criterion("OAU-13-KEYS")
def test_published_keys(target: Target, auth: httpx.Client) -> None:
    """The key set holds public keys of sound algorithms, each under a name of its own."""
    answer = document(expect(auth.get("/.well-known/jwks.json"), 200, blames=AUTH), blames=AUTH)
    keys, fewest = answer.get("keys") or [], target.demand("OAU-13-KEYS").limit("smallestRsaBits")
    demand(keys, "publishes no key", blames=AUTH)
    names = [key.get("kid") for key in keys]
    demand(len(set(names)) == len(names) and None not in names, "two keys share a name", blames=AUTH)
    for key in keys:
        private = PRIVATE & key.keys()
        demand(not private, f"publishes {sorted(private)} of key {key.get('kid')}", blames=AUTH)
        is_public_kind = key.get("kty") in ("OKP", "EC", "RSA") and str(key.get("alg")).lower() != "none"
        demand(is_public_kind, f"publishes a key of kind {key.get('kty')} {key.get('alg')}", blames=AUTH)
        bits = len(str(key.get("n", ""))) * 6
        demand(key["kty"] != "RSA" or bits >= fewest, "publishes a short RSA key", blames=AUTH)
