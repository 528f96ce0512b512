"""What services do together: idempotent changes, the audit trail, calls with a breaker, checked tokens."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from sandbox.kit.app import Parts, service_app
from sandbox.kit.idempotency import Once, once
from sandbox.kit.identity import SERVICE, Principal, at_least, required
from sandbox.kit.mesh import Call
from sandbox.kit.models import Shape
from sandbox.kit.runtime import KitDep, StoreDep
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from tests.sandbox.kit.stage import AUTH, Stage, staged
from tests.sandbox.support.running_platform import poll

FRONT, BACK = "decision-engine", "threat-detection"
router = APIRouter()


class Note(Shape):
    """A text and who wrote it where."""

    text: str
    by: str = ""
    tenant: str = ""


@router.post("/v1/notes", status_code=201)
def write(
    body: Note,
    principal: Annotated[Principal, Depends(required(*at_least("analyst")))],
    idempotency: Annotated[Once, Depends(once)],
    store: StoreDep,
    kit: KitDep,
) -> Note:
    """Keep a note."""
    with store.write() as connection:
        connection.execute("INSERT INTO notes VALUES (?)", (body.text,))
        kit.audit.record(connection, principal, "note.written", body.text, length=len(body.text))
        idempotency.keep(connection, 201, body)
    return body


@router.get("/v1/notes")
def count(_principal: Annotated[Principal, Depends(required())], store: StoreDep) -> dict[str, int]:
    """Count the notes."""
    with store.read() as connection:
        return {"count": connection.execute("SELECT count(*) FROM notes").fetchone()[0]}


@router.get("/v1/whom")
def whom(principal: Annotated[Principal, Depends(required("analyst", SERVICE))]) -> Note:
    """Say who is calling for whom."""
    return Note(text=principal.subject, by=principal.on_behalf_of, tenant=principal.tenant)


@router.get("/v1/passed-on")
def pass_on(principal: Annotated[Principal, Depends(required())], kit: KitDep) -> dict[str, Any]:
    """Ask the other service who is calling."""
    said: dict[str, Any] = kit.mesh.call(
        Call(service=BACK, method="GET", path="/v1/whom", principal=principal)
    ).json()
    return said


def _build(settings: Settings) -> FastAPI:
    store = Store(settings.database, ["CREATE TABLE notes (text TEXT);"])
    return service_app(settings, title="Notes", routers=[router], parts=Parts(store=store))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Two services that know each other, beside auth-service."""
    env = {"BREAKER_OPEN_FOR": "0.2", "BREAKER_THRESHOLD": "3", "REVOCATION_TTL": "0"}
    with staged(tmp_path, {FRONT: _build, BACK: _build}, env) as started:
        yield started


def _write(client: httpx.Client, text: str, key: str = "") -> httpx.Response:
    headers = {"idempotency-key": key} if key else {}
    return client.post("/v1/notes", json={"text": text}, headers=headers)


def test_a_repeated_request_is_done_once(stage: Stage) -> None:
    """Same key, same body: the first answer again; same key, other body: a conflict."""
    analyst = stage.signed_in(FRONT, "analyst")
    first, second = _write(analyst, "a", "k"), _write(analyst, "a", "k")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert _write(analyst, "b", "k").status_code == 409
    assert _write(stage.signed_in(FRONT, "analyst-2"), "a", "k").status_code == 201
    assert analyst.get("/v1/notes").json() == {"count": 2}


def test_equal_requests_at_the_same_moment_change_one_thing(stage: Stage) -> None:
    """Of ten equal requests one commits; the others get its answer or are told to repeat."""
    token = stage.sign_in("analyst")["accessToken"]
    clients = [stage.client(FRONT, token) for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(lambda client: _write(client, "a", "k").status_code, clients))
    assert set(statuses) <= {201, 409}
    assert clients[0].get("/v1/notes").json() == {"count": 1}


def test_audit_entries_outlive_an_outage_and_arrive_once(stage: Stage) -> None:
    """What was done while auth-service was away is in the trail afterwards, once, in order."""
    analyst = stage.signed_in(FRONT, "analyst")
    manager = stage.signed_in(AUTH, "manager")
    assert _write(analyst, "before").status_code == 201
    stage.stop(AUTH)
    assert _write(analyst, "during").status_code == 201
    stage.resume(AUTH)
    assert _write(analyst, "after").status_code == 201

    def targets() -> list[str]:
        page = manager.get("/v1/audit", params={"action": "note.written"}).json()
        return [entry["target"] for entry in page["items"]]

    assert poll(lambda: len(targets()) >= 3)
    assert targets() == ["before", "during", "after"]


def test_a_service_acts_for_a_person_of_that_tenant(stage: Stage) -> None:
    """The callee sees the service, the person and the tenant; a person's own headers say nothing."""
    said = stage.signed_in(FRONT, "globex-analyst").get("/v1/passed-on").json()
    assert (said["text"], said["tenant"]) == (FRONT, "globex")
    assert said["by"].startswith("usr_")
    spoofed = {"x-on-behalf-tenant": "globex", "x-on-behalf-of": "usr_other"}
    own = stage.signed_in(BACK, "analyst").get("/v1/whom", headers=spoofed).json()
    assert (own["tenant"], own["by"]) == ("acme", "")


def test_a_dependency_that_is_away_opens_its_circuit_and_closes_it_when_back(stage: Stage) -> None:
    """Refusals carry Retry-After and can be seen; the service recovers by itself."""
    admin = stage.signed_in(FRONT, "admin")
    assert admin.get("/v1/passed-on").status_code == 200
    stage.stop(BACK)
    answers = [admin.get("/v1/passed-on") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {503}
    assert all(answer.headers["retry-after"] for answer in answers)
    states = {item["name"]: item for item in admin.get("/internal/circuits").json()["items"]}
    assert states[BACK]["opened"] >= 1
    assert states[AUTH]["state"] == "closed"
    stage.resume(BACK)
    assert poll(lambda: admin.get("/v1/passed-on").status_code == 200)


def test_a_token_that_was_never_seen_is_not_trusted_in_an_outage(stage: Stage) -> None:
    """The fallback serves those who were known to be in good standing, nobody else."""
    known = stage.signed_in(FRONT, "analyst")
    assert known.get("/v1/notes").status_code == 200
    signed_out = stage.signed_in(FRONT, "viewer")
    token = signed_out.headers["authorization"].removeprefix("Bearer ")
    assert stage.client(AUTH, token).post("/v1/logout").status_code == 204
    assert signed_out.get("/v1/notes").status_code == 401
    fresh = stage.signed_in(FRONT, "responder")
    stage.stop(AUTH)
    assert known.get("/v1/notes").status_code == 200
    assert fresh.get("/v1/notes").status_code == 503
    assert signed_out.get("/v1/notes").status_code == 401


def test_a_fallback_has_an_end(tmp_path: Path) -> None:
    """A standing older than the bound is no standing."""
    env = {"REVOCATION_TTL": "0", "FALLBACK_MAX_AGE": "0"}
    with staged(tmp_path, {FRONT: _build}, env) as stage:
        analyst = stage.signed_in(FRONT, "analyst")
        assert analyst.get("/v1/notes").status_code == 200
        stage.stop(AUTH)
        assert analyst.get("/v1/notes").status_code == 503


def test_two_credentials_are_none(stage: Stage) -> None:
    """Two Authorization headers are refused, not resolved by guessing."""
    token = stage.sign_in("analyst")["accessToken"]
    headers = [
        ("host", stage.host_of(FRONT)),
        ("authorization", f"Bearer {token}"),
        ("authorization", "Bearer x"),
    ]
    answer = httpx.get(f"{stage.url}/v1/notes", headers=headers, trust_env=False)
    assert answer.status_code == 400
