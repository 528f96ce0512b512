"""api-gateway: one plain path to each service, checked, limited, and honest when something is away."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit.app import Parts, service_app
from sandbox.kit.identity import Principal, required
from sandbox.kit.settings import Settings
from sandbox.services.api_gateway import table
from sandbox.services.api_gateway.app import build
from sandbox.services.api_gateway.catalogue import merged
from tests.sandbox.kit.contract_check import Credentials, findings
from tests.sandbox.kit.stage import AUTH, Stage, person, staged
from tests.sandbox.support.running_platform import poll

GATEWAY, BACK = "api-gateway", "asset-discovery"
PREFIX = f"/api/v1/{BACK}/v1"
router = APIRouter()
release = threading.Event()


@router.post("/v1/echo")
async def echo(request: Request) -> JSONResponse:
    """Say what arrived."""
    query = request.scope["query_string"].decode()
    seen = {"headers": dict(request.headers), "query": query, "body": (await request.body()).decode()}
    return JSONResponse(seen, headers={"X-Own": "1", "Set-Cookie": "a=b", "RateLimit-Limit": "1"})


@router.get("/v1/status/{code}")
def status(code: int) -> Response:
    """Answer with that status."""
    return Response("<html>a platform in between</html>", status_code=code, media_type="text/html")


@router.get("/v1/slow")
def slow() -> Response:
    """Answer when it is too late."""
    release.wait(10)
    return Response("late")


@router.get("/v1/stream")
def stream() -> StreamingResponse:
    """Send two events, the second one after the first was seen."""

    def events() -> Iterator[str]:
        yield "data: 1\n\n"
        release.wait(5)
        yield "data: 2\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


@router.get("/v1/mine")
def mine(principal: Annotated[Principal, Depends(required("analyst"))]) -> dict[str, str]:
    """Say whose token arrived."""
    return {"subject": principal.subject}


def _back(settings: Settings) -> FastAPI:
    return service_app(settings, title="Back", routers=[router], parts=Parts())


ENV: Mapping[str, str] = {"REVOCATION_TTL": "0", "BREAKER_OPEN_FOR": "0.3", "BREAKER_THRESHOLD": "3"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The gateway before auth-service and one other service."""
    release.clear()
    with staged(tmp_path, {GATEWAY: build, BACK: _back}, ENV) as started:
        yield started
        release.set()


@pytest.fixture
def analyst(stage: Stage) -> httpx.Client:
    """An analyst's client of the gateway."""
    return stage.signed_in(GATEWAY, "analyst")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/asset-discovery//v1/assets",
        "/api/v1/asset-discovery/v1//assets",
        "/api/v1/asset-discovery/v1/./assets",
        "/api/v1/asset-discovery/v1/%2e%2e/metrics",
        "/api/v1/asset-discovery/v1/a%2fb",
        "/api/v1/asset-discovery/v1/a%5cb",
        "/api/v1/asset-discovery/v1/a;x=1",
        "/api/v1/asset-discovery/v1/a%00",
        "/api/v1/asset-discovery/metrics",
        "/api/v1/asset-discovery/internal/circuits",
        "/api/v1/asset-discovery",
        "/api/v1/Asset-Discovery/v1/assets",
        "/api/v1/frontend/v1/x",
        "/api/v2/asset-discovery/v1/assets",
        "/v1/assets",
        "/api/v1/auth-service/v1/login/",
    ],
)
def test_a_path_has_one_spelling(path: str) -> None:
    """Whatever two readers could understand in two ways is not forwarded at all."""
    assert table.target_of(path) is None


@given(st.lists(st.text("abc-_.:~%2f", min_size=1, max_size=6), min_size=1, max_size=4))
def test_what_is_sent_is_what_was_checked(segments: list[str]) -> None:
    """The forwarded path is the checked one, character by character."""
    path = "/v1/" + "/".join(segments)
    target = table.target_of(f"/api/v1/auth-service{path}")
    assert target is None or target.path == path


def test_only_what_gives_tokens_is_open() -> None:
    """The list of open operations is short and exact."""
    login = table.target_of("/api/v1/auth-service/v1/login")
    assert login is not None
    assert login.is_open("POST")
    assert not login.is_open("GET")
    users = table.target_of("/api/v1/auth-service/v1/users")
    assert users is not None
    assert not users.is_open("POST")


def test_a_request_without_a_good_token_goes_nowhere(stage: Stage) -> None:
    """None, garbage and another scheme are 401; the service behind hears nothing."""
    for value in ("", "Bearer", "Bearer a.b.c", "Basic YTpi"):
        client = stage.client(GATEWAY)
        headers = {"authorization": value} if value else {}
        answer = client.post(f"{PREFIX}/echo", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert stage.apps[BACK].state.kit.metrics._requests.total() == 0


def test_signing_in_works_through_the_gateway(stage: Stage) -> None:
    """Login, second factor, and the token at a service; after logout it is dead at once."""
    who, outside = person("analyst"), stage.client(GATEWAY)
    auth = "/api/v1/auth-service/v1"
    first = outside.post(f"{auth}/login", json={"username": who.username, "password": who.password}).json()
    proof = {"mfaToken": first["mfaToken"], "code": stage.code("analyst")}
    tokens = outside.post(f"{auth}/mfa/verify", json=proof).json()
    inside = stage.client(GATEWAY, tokens["accessToken"])
    assert inside.get(f"{PREFIX}/mine").json() == {"subject": who.id}
    assert inside.post(f"{auth}/logout").status_code == 204
    assert inside.get(f"{PREFIX}/mine").status_code == 401


def test_a_request_arrives_whole_and_without_disguise(analyst: httpx.Client) -> None:
    """Body, query, key and trace arrive; headers that could speak for somebody else do not."""
    spoofed = {"x-user-id": "root", "x-on-behalf-of": "usr_x", "x-forwarded-for": "1.2.3.4", "cookie": "a=b"}
    headers = {**spoofed, "idempotency-key": "k1", "traceparent": f"00-{'c' * 32}-{'d' * 16}-01"}
    answer = analyst.post(f"{PREFIX}/echo?a=1&a=%2F", json={"n": 1}, headers=headers)
    seen = answer.json()
    assert (seen["body"], seen["query"]) == ('{"n":1}', "a=1&a=%2F")
    assert seen["headers"]["idempotency-key"] == "k1"
    assert seen["headers"]["traceparent"].split("-")[1] == "c" * 32
    assert not spoofed.keys() & seen["headers"].keys()
    assert answer.headers["x-own"] == "1"
    assert answer.headers["ratelimit-limit"] == "300"
    assert "set-cookie" not in answer.headers


def test_a_services_own_refusal_is_passed_on(stage: Stage) -> None:
    """403 of the service and 405 with its own Allow come through."""
    viewer = stage.signed_in(GATEWAY, "viewer")
    assert viewer.get(f"{PREFIX}/mine").json()["code"] == "role_missing"
    refused = viewer.request("TRACE", f"{PREFIX}/mine")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("code", [502, 503, 504])
def test_a_bare_failure_in_between_becomes_a_problem(analyst: httpx.Client, code: int) -> None:
    """A load balancer's page is not shown to callers of an API."""
    answer = analyst.get(f"{PREFIX}/status/{code}")
    assert (answer.status_code, answer.headers["content-type"]) == (code, "application/problem+json")


def test_events_are_streamed_as_they_come(analyst: httpx.Client) -> None:
    """The first event is here before the second one exists."""
    with analyst.stream("GET", f"{PREFIX}/stream") as answer:
        chunks = answer.iter_text()
        assert next(chunks) == "data: 1\n\n"
        release.set()
        assert "".join(chunks) == "data: 2\n\n"


def test_a_slow_service_is_cut_off(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway answers 504 when its patience ends."""
    impatient = table.Route(service=BACK, timeout_s=0.3)
    monkeypatch.setitem(table._BY_SERVICE, BACK, impatient)
    answer = stage.signed_in(GATEWAY, "analyst").get(f"{PREFIX}/slow")
    assert answer.status_code == 504
    release.set()


def test_the_circuit_of_a_failing_service_opens_is_seen_and_closes(stage: Stage) -> None:
    """Others are not touched; an operator resets it; it also recovers by itself."""
    admin = stage.signed_in(GATEWAY, "admin")
    stage.stop(BACK)
    for _ in range(5):
        assert admin.get(f"{PREFIX}/mine").status_code == 503
    circuits = {item["name"]: item for item in admin.get("/internal/circuits").json()["items"]}
    assert circuits[BACK]["opened"] >= 1
    assert circuits[AUTH]["state"] == "closed"
    stage.resume(BACK)
    assert admin.post(f"/internal/circuits/{BACK}:reset").json()["state"] == "closed"
    assert admin.get(f"{PREFIX}/status/204").status_code == 204
    stage.stop(BACK)
    for _ in range(4):
        admin.get(f"{PREFIX}/mine")
    stage.resume(BACK)
    assert poll(lambda: admin.get(f"{PREFIX}/status/204").status_code == 204)


def test_a_burst_is_limited_whatever_address_it_claims(tmp_path: Path) -> None:
    """429 with Retry-After from the limit on, for this caller alone."""
    env = {**ENV, "RATE_LIMIT_STANDARD": "5", "RATE_WINDOW": "600"}
    with staged(tmp_path, {GATEWAY: build, BACK: _back}, env) as stage:
        loud, quiet = stage.signed_in(GATEWAY, "analyst"), stage.signed_in(GATEWAY, "analyst-2")
        answers = [
            loud.get("/api/v1/limits", headers={"x-forwarded-for": f"10.0.0.{number}"}) for number in range(7)
        ]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) > 0
        assert [answer.headers["ratelimit-remaining"] for answer in answers[:5]] == ["4", "3", "2", "1", "0"]
        assert quiet.get("/api/v1/limits").json()["items"][1]["requests"] == 5
        assert stage.signed_in(GATEWAY, "load").get("/api/v1/limits").json()["yourTier"] == "high"


def test_the_fallback_serves_known_tokens_and_never_revoked_ones(stage: Stage) -> None:
    """While auth-service is away, known callers work on; who signed out stays out; strangers wait."""
    admin, gone = stage.signed_in(GATEWAY, "admin"), stage.signed_in(GATEWAY, "viewer")
    fresh = stage.signed_in(GATEWAY, "responder")
    assert admin.get("/internal/fallback").json()["used"] == 0
    assert gone.post("/api/v1/auth-service/v1/logout").status_code == 204
    assert gone.get("/api/v1/routes").status_code == 401
    stage.stop(AUTH)
    assert admin.get("/api/v1/routes").status_code == 200
    assert fresh.get("/api/v1/routes").status_code == 503
    assert gone.get("/api/v1/routes").status_code == 401
    state = admin.get("/internal/fallback").json()
    assert (state["mode"], state["used"] >= 2, state["refused"]) == ("auto", True, 1)


def test_the_fallback_can_be_switched_off_and_on(stage: Stage) -> None:
    """Off refuses in an outage; on does not even ask; only operators switch, and the trail shows it."""
    admin, manager = stage.signed_in(GATEWAY, "admin"), stage.signed_in(AUTH, "manager")
    path = "/internal/fallback"
    viewer = stage.signed_in(GATEWAY, "viewer")
    assert viewer.put(path, json={"mode": "off"}).status_code == 403
    assert admin.put(path, json={"mode": "off"}).json()["mode"] == "off"
    stage.stop(AUTH)
    assert admin.get("/api/v1/routes").status_code == 503
    stage.resume(AUTH)
    assert poll(lambda: admin.put(path, json={"mode": "on"}).status_code == 200)
    used = admin.get(path).json()["used"]
    assert used > 0

    def switched() -> list[str]:
        page = manager.get("/v1/audit", params={"action": "fallback.switched"}).json()
        return [entry["target"] for entry in page["items"]]

    assert poll(lambda: switched() == ["off", "on"])


def test_another_instance_follows_the_switch(stage: Stage) -> None:
    """What is switched at one instance holds at all of them."""
    store = stage.apps[GATEWAY].state.kit.store
    with store.write() as connection:
        connection.execute("INSERT OR REPLACE INTO switches VALUES ('fallback', 'off')")
    assert poll(lambda: stage.apps[GATEWAY].state.kit.verifier.fallback.mode == "off")


def test_the_merged_document_names_everything_once() -> None:
    """Operations come under the gateway's path, schemas and links under the service's name."""
    own = {"paths": {"/api/v1/routes": {}}, "components": {"schemas": {"Health": {}}}}
    thing = {"$ref": "#/components/schemas/Thing"}
    problem = {"$ref": "#/components/schemas/ProblemDocument"}
    links = {"GetThing": {"operationId": "read"}}
    responses = {"200": {"content": thing, "links": links}, "400": problem}
    read: dict[str, Any] = {"operationId": "read", "responses": responses}
    paths = {"/v1/things": {"get": read}, "/metrics": {"get": read}}
    back = {"paths": paths, "components": {"schemas": {"Thing": {}, "Health": {}, "ProblemDocument": {}}}}
    whole = merged(own, {"asset-discovery": back})
    assert set(whole["paths"]) == {"/api/v1/routes", "/api/v1/asset-discovery/v1/things"}
    operation = whole["paths"]["/api/v1/asset-discovery/v1/things"]["get"]
    assert operation["operationId"] == "asset-discovery.read"
    assert operation["responses"]["200"]["links"]["GetThing"]["operationId"] == "asset-discovery.read"
    assert operation["responses"]["200"]["content"]["$ref"] == "#/components/schemas/asset-discovery.Thing"
    assert operation["responses"]["400"] == problem
    names = {"Health", "asset-discovery.Health", "asset-discovery.Thing", "ProblemDocument"}
    assert set(whole["components"]["schemas"]) == names


def test_a_document_with_a_hole_is_not_shown(stage: Stage) -> None:
    """As long as one service's document was never seen, the whole is 503."""
    answer = stage.client(GATEWAY).get("/openapi.json")
    assert (answer.status_code, answer.json()["code"]) == (503, "document_incomplete")


def test_it_keeps_its_contract(stage: Stage, tmp_path: Path) -> None:
    """Schemathesis finds nothing in the gateway's own and auth-service's operations."""
    for name in [route.service for route in table.ROUTES if route.service not in {AUTH, BACK}]:
        settings = stage.settings(name, ENV)
        app = service_app(settings, title=name, routers=[], parts=Parts())
        stage.switchboard.apps[settings.host_of(name)] = app
    stage.switchboard.apps[stage.host_of(BACK)] = service_app(
        stage.settings(BACK, ENV), title=BACK, routers=[], parts=Parts()
    )
    token = stage.sign_in("fuzz")["accessToken"]
    credentials = Credentials(token=token, left_out="auth-service.logout")
    assert findings(stage, GATEWAY, tmp_path, credentials) == ""
