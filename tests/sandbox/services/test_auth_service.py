"""auth-service: two factors, sessions that end, keys that rotate, roles that nobody gives to themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.kit import seed
from sandbox.kit.credentials import known_secret
from sandbox.kit.settings import Settings
from sandbox.kit.tokens import sign
from tests.sandbox.kit.contract_check import Credentials, findings
from tests.sandbox.kit.stage import AUTH, Stage, person, staged


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """auth-service alone."""
    with staged(tmp_path_factory.mktemp("auth"), {}, {"LOCKOUT_WINDOW": "600"}) as started:
        yield started


def _login(stage: Stage, username: str, password: str) -> httpx.Response:
    return stage.client(AUTH).post("/v1/login", json={"username": username, "password": password})


def _first_step(stage: Stage, name: str) -> str:
    token: str = _login(stage, person(name).username, person(name).password).json()["mfaToken"]
    return token


def _verify(stage: Stage, mfa_token: str, code: str) -> httpx.Response:
    return stage.client(AUTH).post("/v1/mfa/verify", json={"mfaToken": mfa_token, "code": code})


def _me(stage: Stage, token: str) -> int:
    return stage.client(AUTH, token).get("/v1/me").status_code


def _refresh(stage: Stage, token: str) -> httpx.Response:
    return stage.client(AUTH).post("/v1/token/refresh", json={"refreshToken": token})


def test_a_password_alone_opens_nothing(stage: Stage) -> None:
    """The first step gives a token that only the second step takes."""
    first = _login(stage, person("viewer").username, person("viewer").password)
    assert first.json()["mfaRequired"] is True
    assert first.headers["cache-control"] == "no-store"
    assert _me(stage, first.json()["mfaToken"]) == 401


def test_both_factors_sign_in(stage: Stage) -> None:
    """The access token says who it is; the answer may not be cached."""
    tokens = stage.sign_in("viewer")
    me = stage.client(AUTH, tokens["accessToken"]).get("/v1/me")
    assert me.json()["id"] == person("viewer").id
    assert (me.json()["tenant"], me.json()["roles"]) == ("acme", ["viewer"])


def test_a_code_is_good_for_one_use(stage: Stage) -> None:
    """The same code in another sign-in is a replay, and so is the same first step."""
    code, first = stage.code("responder"), _first_step(stage, "responder")
    assert _verify(stage, first, code).status_code == 200
    replayed = _verify(stage, _first_step(stage, "responder"), code)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "code_reused")
    assert _verify(stage, first, stage.code("responder")).status_code == 401


def test_nobody_learns_which_names_exist(stage: Stage) -> None:
    """Unknown name, wrong password, disabled account: one answer."""
    unknown = _login(stage, "nobody@acme.test", "wrong").json()
    known = _login(stage, person("manager-2").username, "wrong").json()
    for volatile in ("requestId", "traceId"):
        unknown.pop(volatile)
        known.pop(volatile)
    assert unknown == known


@pytest.mark.parametrize("password", [{"$ne": None}, [], True, 0, None, ""])
def test_a_password_that_is_no_text_is_refused(stage: Stage, password: Any) -> None:
    """Type confusion is a 422, never a sign-in."""
    body = {"username": person("viewer").username, "password": password}
    assert stage.client(AUTH).post("/v1/login", json=body).status_code == 422


@pytest.mark.parametrize("username", ["' OR '1'='1", "admin'--", "viewer@acme.test' --"])
def test_a_quote_is_just_a_character(stage: Stage, username: str) -> None:
    """SQL in a name is a name that does not exist."""
    assert _login(stage, username, "' OR '1'='1").status_code == 401


def test_wrong_attempts_lock_one_account_for_a_while(stage: Stage) -> None:
    """The right password is refused inside the window, others are not touched, and the window ends."""
    who = person("lockout")
    assert [_login(stage, who.username, "wrong").status_code for _ in range(5)] == [401] * 5
    locked = _login(stage, who.username, who.password)
    assert (locked.status_code, locked.json()["code"]) == (429, "account_locked")
    assert 0 < int(locked.headers["retry-after"]) <= 601
    assert _login(stage, person("viewer-2").username, person("viewer-2").password).status_code == 200
    with stage.apps[AUTH].state.kit.store.write() as connection:
        connection.execute("UPDATE wrong_attempts SET at = at - 601 WHERE account = ?", (who.username,))
    assert _login(stage, who.username, who.password).status_code == 200


def test_wrong_codes_lock_the_account_too(stage: Stage) -> None:
    """Who knows the password may not try all codes."""
    name = "globex-viewer"
    first, wrong = _first_step(stage, name), "000000"
    statuses = [_verify(stage, first, wrong).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_a_name_that_does_not_exist_is_locked_as_well(stage: Stage) -> None:
    """Otherwise the lock would tell which names exist."""
    statuses = [_login(stage, "ghost@acme.test", "wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_refresh_tokens_rotate(stage: Stage) -> None:
    """Each use gives another pair, and both access tokens are good."""
    old = stage.sign_in("analyst")
    new = _refresh(stage, old["refreshToken"])
    assert new.status_code == 200
    assert new.json()["refreshToken"] != old["refreshToken"]
    assert _me(stage, old["accessToken"]) == _me(stage, new.json()["accessToken"]) == 200


def test_a_reused_refresh_token_ends_the_whole_family(stage: Stage) -> None:
    """RFC 9700, section 4.14.2: nobody knows who is the thief, so everybody signs in again."""
    old = stage.sign_in("analyst")
    new = _refresh(stage, old["refreshToken"]).json()
    assert _refresh(stage, old["refreshToken"]).status_code == 401
    assert _refresh(stage, new["refreshToken"]).status_code == 401
    assert _me(stage, new["accessToken"]) == 401


def test_signing_out_ends_the_session_at_once(stage: Stage) -> None:
    """Access and refresh token are dead; another session of the same person lives."""
    gone, other = stage.sign_in("analyst-2"), stage.sign_in("analyst-2")
    assert stage.client(AUTH, gone["accessToken"]).post("/v1/logout").status_code == 204
    assert _me(stage, gone["accessToken"]) == 401
    assert _refresh(stage, gone["refreshToken"]).status_code == 401
    assert _me(stage, other["accessToken"]) == 200


def test_only_the_owner_revokes_a_refresh_token(stage: Stage) -> None:
    """RFC 7009: a stranger's request changes nothing and learns nothing."""
    mine = stage.sign_in("globex-analyst")
    stranger = stage.signed_in(AUTH, "globex-analyst-2")
    body = {"token": mine["refreshToken"]}
    assert stranger.post("/v1/revoke", json=body).status_code == 204
    assert _me(stage, mine["accessToken"]) == 200
    assert stage.client(AUTH, mine["accessToken"]).post("/v1/revoke", json=body).status_code == 204
    assert _me(stage, mine["accessToken"]) == 401


def test_a_new_key_signs_and_the_old_one_is_trusted_on(stage: Stage) -> None:
    """Rotation breaks no session and publishes no private part."""
    admin = stage.signed_in(AUTH, "admin")
    kid = admin.post("/v1/keys:rotate").json()["kid"]
    assert admin.get("/v1/me").status_code == 200
    keys = admin.get("/.well-known/jwks.json").json()["keys"]
    assert kid in {key["kid"] for key in keys}
    assert len({key["kid"] for key in keys}) == len(keys)
    assert not any("d" in key for key in keys)
    assert _me(stage, stage.sign_in("admin")["accessToken"]) == 200
    assert stage.signed_in(AUTH, "manager").post("/v1/keys:rotate").status_code == 403


def _forged(**changes: Any) -> str:
    forger = seed.identities(Settings(service=AUTH))["forger"]
    now = time.time()
    claims = {**forger["claims"], "iss": forger["iss"], "aud": forger["aud"], "iat": now, "exp": now + 60}
    return sign({**claims, "jti": "forged", **changes}, forger["jwk"])


def test_the_forger_passes_only_with_the_right_claims(stage: Stage) -> None:
    """A trusted signature over a session or a subject that does not exist opens nothing."""
    assert _me(stage, _forged()) == 200
    assert _me(stage, _forged(sid="ses_unknown")) == 401
    assert _me(stage, _forged(sub="usr_unknown")) == 401
    assert _me(stage, _forged(exp=time.time() - 1)) == 401


def test_programs_get_tokens_for_their_secret(stage: Stage) -> None:
    """The integrator's token carries its role; a service's is good for the service it names."""
    integrator = next(client for client in seed.clients() if client.kind == "client")
    body = {"grantType": "client_credentials", "clientId": integrator.id, "clientSecret": integrator.secret}
    token = stage.client(AUTH).post("/v1/token", json=body).json()["accessToken"]
    me = stage.client(AUTH, token).get("/v1/me").json()
    assert (me["kind"], me["roles"]) == ("client", ["analyst"])
    wrong = stage.client(AUTH).post("/v1/token", json={**body, "clientSecret": "wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_client")
    service = {**body, "clientId": "api-gateway", "clientSecret": known_secret("api-gateway")}
    for audience in (None, "mars"):
        answer = stage.client(AUTH).post("/v1/token", json={**service, "audience": audience})
        assert answer.status_code == 401


def test_introspection_tells_nothing_about_a_bad_token(stage: Stage) -> None:
    """RFC 7662: an inactive token has no other property; people of other tenants see none as active."""
    token = stage.sign_in("globex-responder")["accessToken"]
    own, other = stage.signed_in(AUTH, "globex-admin"), stage.signed_in(AUTH, "initech-admin")
    active = own.post("/v1/introspect", json={"token": token}).json()
    assert (active["active"], active["roles"]) == (True, ["responder"])
    for answer in (
        other.post("/v1/introspect", json={"token": token}),
        own.post("/v1/introspect", json={"token": "garbage"}),
    ):
        assert {name: value for name, value in answer.json().items() if value is not None} == {
            "active": False
        }


def test_an_admin_administers_their_own_tenant_only(stage: Stage) -> None:
    """Another tenant's account does not exist; a list never shows it."""
    admin = stage.signed_in(AUTH, "globex-admin")
    stranger = person("initech-analyst").id
    assert admin.get(f"/v1/users/{stranger}").status_code == 404
    assert admin.put(f"/v1/users/{stranger}/roles", json={"roles": ["admin"]}).status_code == 404
    listed = admin.get("/v1/users?limit=200").json()["items"]
    assert {user["tenant"] for user in listed} == {"globex"}
    assert not any({"passwordHash", "totpSecret", "password"} & user.keys() for user in listed)


def test_paging_shows_everyone_once(stage: Stage) -> None:
    """Walking the cursor from page to page finds what one big page finds."""
    manager = stage.signed_in(AUTH, "initech-manager")
    whole = [user["id"] for user in manager.get("/v1/users?limit=200").json()["items"]]
    walked: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "3", **({"cursor": cursor} if cursor else {})}
        page = manager.get("/v1/users", params=query).json()
        walked += [user["id"] for user in page["items"]]
        cursor = page["nextCursor"]
    assert walked == whole


def test_nobody_promotes_themselves(stage: Stage) -> None:
    """Neither an analyst nor an admin changes their own standing, and no field smuggles a role in."""
    analyst, admin = stage.signed_in(AUTH, "initech-analyst"), stage.signed_in(AUTH, "initech-admin-2")
    own = person("initech-analyst").id
    assert analyst.put(f"/v1/users/{own}/roles", json={"roles": ["admin"]}).status_code == 403
    mine = person("initech-admin-2").id
    assert admin.put(f"/v1/users/{mine}/roles", json={"roles": ["viewer"]}).status_code == 403
    body = {"username": "new@initech.test", "password": "long enough to keep", "roles": ["viewer"]}
    for extra in ({"tenant": "acme"}, {"id": "usr_0"}, {"tier": "high"}, {"admin": True}):
        assert admin.post("/v1/users", json={**body, **extra}).status_code == 422
    assert analyst.get("/v1/me").json()["roles"] == ["analyst"]


def test_a_changed_role_or_status_ends_the_sessions(stage: Stage) -> None:
    """Old tokens do not outlive the rights they carry."""
    admin, other = stage.signed_in(AUTH, "initech-admin"), person("initech-responder-2")
    token = stage.sign_in(other.name)["accessToken"]
    assert admin.put(f"/v1/users/{other.id}/roles", json={"roles": ["manager"]}).json()["roles"] == [
        "manager"
    ]
    assert _me(stage, token) == 401
    assert stage.signed_in(AUTH, other.name).get("/v1/me").json()["roles"] == ["manager"]
    assert admin.put(f"/v1/users/{other.id}/status", json={"isEnabled": False}).status_code == 200
    assert _login(stage, other.username, other.password).status_code == 401


def test_a_password_change_needs_the_old_one_and_ends_other_sessions(stage: Stage) -> None:
    """The session that changes it goes on, all others end."""
    name, path = "globex-viewer-2", "/v1/me/password"
    here, elsewhere = stage.signed_in(AUTH, name), stage.signed_in(AUTH, name)
    body = {"currentPassword": "wrong", "newPassword": "a longer new password"}
    assert here.post(path, json=body).status_code == 403
    body["currentPassword"] = person(name).password
    assert here.post(path, json=body).status_code == 204
    assert (here.get("/v1/me").status_code, elsewhere.get("/v1/me").status_code) == (200, 401)
    assert _login(stage, person(name).username, person(name).password).status_code == 401


def test_the_trail_shows_who_did_what_on_a_trace(stage: Stage) -> None:
    """Entries are found by trace id, in the caller's tenant alone, and nobody else adds any."""
    trace_id = "5e" * 16
    headers = {"traceparent": f"00-{trace_id}-00000000000000aa-01"}
    admin = stage.signed_in(AUTH, "admin-2")
    admin.post("/v1/keys:rotate", headers=headers)
    body = {"username": "trail@acme.test", "password": "long enough to keep", "roles": ["viewer"]}
    created = admin.post("/v1/users", json=body, headers=headers).json()
    entries = admin.get("/v1/audit", params={"traceId": trace_id}).json()["items"]
    assert [entry["action"] for entry in entries] == ["keys.rotated", "user.created"]
    assert {entry["actor"] for entry in entries} == {person("admin-2").id}
    assert entries[1]["target"] == created["id"]
    stranger = stage.signed_in(AUTH, "globex-manager")
    assert stranger.get("/v1/audit", params={"traceId": trace_id}).json()["items"] == []
    assert admin.post("/v1/audit", json={"entries": entries}).status_code == 403


def test_it_keeps_its_contract(stage: Stage, tmp_path: Path) -> None:
    """Schemathesis with valid credentials finds nothing."""
    token = stage.sign_in("fuzz")["accessToken"]
    assert findings(stage, AUTH, tmp_path, Credentials(token=token, left_out="logout")) == ""
