"""frontend: pages that are safe by construction, and tokens that no browser ever sees."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit.app import Parts, service_app
from sandbox.kit.identity import Principal, required
from sandbox.kit.settings import Settings
from sandbox.services.api_gateway.app import build as build_gateway
from sandbox.services.frontend import pages
from sandbox.services.frontend.app import build
from tests.sandbox.kit.contract_check import Credentials, findings
from tests.sandbox.kit.stage import AUTH, Stage, person, staged

FRONTEND = "frontend"
PAGES = ("/dashboard", "/assets", "/threats", "/assistant")
router = APIRouter()


@router.get("/v1/assets")
def assets(principal: Annotated[Principal, Depends(required())], cursor: str = "") -> dict[str, Any]:
    """Give one hostile asset and, once, a next page."""
    host = f"<script>alert(1)</script> of {principal.tenant}"
    return {"items": [{"hostname": host, "kind": "server"}], "nextCursor": None if cursor else "next"}


@router.get("/v1/threats")
def threats(_principal: Annotated[Principal, Depends(required())]) -> dict[str, Any]:
    """Give no threats."""
    return {"items": [], "nextCursor": None}


@router.post("/v1/query")
def query(_principal: Annotated[Principal, Depends(required())]) -> dict[str, Any]:
    """Answer every question alike."""
    return {"answer": "Nothing happened.", "citations": [{"kind": "event", "id": "evt_1"}]}


def _back(settings: Settings) -> FastAPI:
    return service_app(settings, title="Back", routers=[router], parts=Parts())


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The frontend, the gateway, auth-service, and small stand-ins for what the pages show."""
    behind = dict.fromkeys(("asset-discovery", "threat-detection", "nlp-assistant"), _back)
    builds = {FRONTEND: build, "api-gateway": build_gateway, **behind}
    with staged(tmp_path_factory.mktemp("frontend"), builds, {"REVOCATION_TTL": "0"}) as started:
        yield started


def _sign_in(stage: Stage, name: str, **headers: str) -> httpx.Response:
    who = person(name)
    body = {"username": who.username, "password": who.password, "code": stage.code(name)}
    return stage.client(FRONTEND).post("/session", json=body, headers=headers)


def _member(stage: Stage, name: str) -> httpx.Client:
    """A browser in which that person is signed in."""
    answer = _sign_in(stage, name)
    assert answer.status_code == 201, answer.text
    client = stage.client(FRONTEND)
    client.headers["cookie"] = answer.headers["set-cookie"].partition(";")[0]
    return client


@given(st.text())
def test_a_value_is_never_markup(text: str) -> None:
    """Whatever a value holds, the template's tags and quotes are the only ones."""
    plain, hostile = (
        pages.listing(it, [("name", it)], [{"name": it}], f"/assets?cursor={it}", it) for it in ("a", text)
    )
    assert [hostile.count(sign) for sign in "<>\"'"] == [plain.count(sign) for sign in "<>\"'"]


def test_a_value_is_escaped_once() -> None:
    """And one that is missing or empty leaves its cell empty."""
    page = pages.listing("T", [("a", "A"), ("b", "B"), ("c", "C")], [{"a": "x&y", "b": None}], None)
    assert "<tr><td>x&amp;y</td><td></td><td></td></tr>" in page


def test_the_cookie_is_as_strict_as_cookies_get(stage: Stage) -> None:
    """`__Host-`, Secure, HttpOnly, SameSite=Strict; and no token in the answer."""
    answer = _sign_in(stage, "analyst")
    name, *attributes = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-session=")
    assert {attribute.lower() for attribute in attributes} == {
        "secure",
        "httponly",
        "path=/",
        "samesite=strict",
    }
    assert answer.json() == {"username": "analyst@acme.test", "tenant": "acme", "roles": ["analyst"]}


def test_a_preset_session_is_not_adopted(stage: Stage) -> None:
    """Signing in always makes a new session, whatever cookie was sent (fixation)."""
    answer = _sign_in(stage, "analyst-2", cookie="__Host-session=chosen-by-somebody-else")
    assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]
    attacker = stage.client(FRONTEND)
    attacker.headers["cookie"] = "__Host-session=chosen-by-somebody-else"
    assert attacker.get("/dashboard").status_code == 401


@pytest.mark.parametrize("path", PAGES)
def test_without_a_session_a_page_asks_to_sign_in(stage: Stage, path: str) -> None:
    """401 with the form: no redirect that could lead elsewhere, and nothing of the page."""
    answer = stage.client(FRONTEND).get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Cookie"
    assert 'id="sign-in"' in answer.text
    assert "<table>" not in answer.text


def test_pages_show_the_members_own_records_escaped(stage: Stage) -> None:
    """What the platform stores is text on a page, and paging leads on."""
    page = _member(stage, "globex-analyst").get("/assets")
    assert page.status_code == 200
    assert "&lt;script&gt;alert(1)&lt;/script&gt; of globex" in page.text
    assert 'href="/assets?cursor=next"' in page.text


def test_a_missing_service_leaves_an_honest_page(stage: Stage) -> None:
    """The list is 503 with a reason; the dashboard shows a dash for what nobody can say."""
    member = _member(stage, "viewer")
    assert "<b>0</b>Threats" in member.get("/dashboard").text
    stage.stop("threat-detection")
    try:
        assert member.get("/threats").status_code == 503
        dashboard = member.get("/dashboard").text
    finally:
        stage.resume("threat-detection")
    assert "<b>1+</b>Assets" in dashboard
    assert "<b>-</b>Threats" in dashboard


def test_the_assistant_cites_what_it_rests_on(stage: Stage) -> None:
    """The page's script gets the answer and plain ids."""
    said = _member(stage, "viewer-2").post("/assistant/questions", json={"question": "What happened?"})
    assert said.json() == {"answer": "Nothing happened.", "citations": ["evt_1"]}


@pytest.mark.parametrize("path", ["/", "/login", *PAGES])
def test_the_policy_admits_what_the_page_holds_and_nothing_else(stage: Stage, path: str) -> None:
    """The inline script's hash is in the policy; every file is named and checked by its content."""
    answer = stage.client(FRONTEND).get(path)
    policy = answer.headers["content-security-policy"]
    scripts = re.findall(r"<script>(.*?)</script>", answer.text)
    assert scripts
    for script in scripts:
        digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    for demanded in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert demanded in policy


def test_static_files_are_named_after_their_content(stage: Stage) -> None:
    """Name and integrity match the bytes, so they may be kept for ever; other names do not exist."""
    client = stage.client(FRONTEND)
    named = re.findall(r'(?:href|src)="(/static/[^"]+)" integrity="([^"]+)"', client.get("/").text)
    assert len(named) == 2
    for path, integrity in named:
        answer = client.get(path)
        digest = hashlib.sha256(answer.content)
        assert integrity == f"sha256-{b64encode(digest.digest()).decode()}"
        assert digest.hexdigest()[:12] in path
        assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/app.000000000000.js").status_code == 404


def test_another_sites_page_changes_nothing(stage: Stage) -> None:
    """A foreign origin or fetch metadata is refused before anything happens."""
    member = _member(stage, "manager")
    for headers in ({"origin": "https://evil.test"}, {"sec-fetch-site": "cross-site"}):
        assert member.delete("/session", headers=headers).status_code == 403
    assert _sign_in(stage, "manager-2", origin="https://evil.test").status_code == 403
    assert member.get("/assistant").status_code == 200


def test_signing_out_ends_the_session_everywhere(stage: Stage) -> None:
    """The cookie is taken back, the session is gone, and so is the token behind it."""
    member = _member(stage, "responder")
    store = stage.apps[FRONTEND].state.kit.store
    with store.read() as connection:
        row = connection.execute(
            "SELECT access_token FROM sessions WHERE username = ?", ("responder@acme.test",)
        )
        token = row.fetchone()[0]
    assert stage.client(AUTH, token).get("/v1/me").status_code == 200
    answer = member.delete("/session")
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert member.get("/dashboard").status_code == 401
    assert stage.client(AUTH, token).get("/v1/me").status_code == 401


def test_tokens_are_renewed_before_they_expire(stage: Stage) -> None:
    """Close to its end a token is replaced once, and the page goes on working."""
    member = _member(stage, "responder-2")
    store = stage.apps[FRONTEND].state.kit.store
    query = "SELECT access_token FROM sessions WHERE username = 'responder-2@acme.test'"
    with store.write() as connection:
        before = connection.execute(query).fetchone()[0]
        connection.execute("UPDATE sessions SET access_until = 0 WHERE username = 'responder-2@acme.test'")
    assert member.get("/assets").status_code == 200
    with store.read() as connection:
        after = connection.execute(query).fetchone()[0]
    assert after != before
    assert member.get("/assets").status_code == 200


def test_a_session_that_was_revoked_elsewhere_is_over(stage: Stage) -> None:
    """When the platform refuses the token, the page asks to sign in again."""
    member = _member(stage, "admin")
    admin = stage.signed_in(AUTH, "admin-2")
    assert admin.put(f"/v1/users/{person('admin').id}/roles", json={"roles": ["admin"]}).status_code == 200
    answer = member.get("/assets")
    assert answer.status_code == 401
    assert 'id="sign-in"' in answer.text


def test_it_keeps_its_contract(stage: Stage, tmp_path: Path) -> None:
    """Schemathesis with a valid session finds nothing."""
    cookie = _sign_in(stage, "fuzz").headers["set-cookie"].partition(";")[0].partition("=")[2]
    assert findings(stage, FRONTEND, tmp_path, Credentials(cookie=cookie, left_out="sign_out")) == ""
