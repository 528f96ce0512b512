"""Every answer is dressed and every error has one shape, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from sandbox.kit.app import Parts, service_app
from sandbox.kit.envelope import SECURITY_HEADERS
from sandbox.kit.identity import Principal, required
from sandbox.kit.models import Integer, Shape
from sandbox.kit.problem import MEDIA_TYPE, ProblemDocument
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from tests.sandbox.kit.stage import Stage, staged

NAME = "nlp-assistant"
router = APIRouter()


class Thing(Shape):
    """Something with a number."""

    size: Integer


@router.post("/v1/things")
def take(body: Thing, _principal: Annotated[Principal, Depends(required("analyst"))]) -> Thing:
    """Give back what came."""
    return body


@router.get("/v1/things")
def break_down() -> Thing:
    """Fail as no handler should."""
    raise RuntimeError("a secret of the inside")


def _build(settings: Settings) -> FastAPI:
    parts = Parts(store=Store(settings.database, ["CREATE TABLE t (a);"]))
    return service_app(settings, title="Sample", routers=[router], parts=parts)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A sample service beside auth-service."""
    with staged(tmp_path_factory.mktemp("errors"), {NAME: _build}, {"MAX_BODY": "2000"}) as started:
        yield started


@pytest.fixture(scope="module")
def analyst(stage: Stage) -> httpx.Client:
    """An analyst's client of the sample service."""
    return stage.signed_in(NAME, "analyst")


def _checked(answer: httpx.Response, status: int) -> ProblemDocument:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    problem = ProblemDocument.model_validate_json(answer.text)
    assert problem.status == status
    assert problem.request_id == answer.headers["x-request-id"]
    assert problem.trace_id == answer.headers["traceparent"].split("-")[1]
    return problem


def test_what_is_not_there_is_404(analyst: httpx.Client) -> None:
    """An unknown path, and a known one with a slash too many."""
    _checked(analyst.get("/v1/nothing"), 404)
    _checked(analyst.get("/v1/things/"), 404)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "HEAD", "OPTIONS", "PROPFIND"])
def test_405_names_every_allowed_method(analyst: httpx.Client, method: str) -> None:
    """The methods of all routes of the path, not of the first one alone."""
    answer = analyst.request(method, "/v1/things")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 1900, b'{"size": 1}}'])
def test_a_body_that_is_no_json_is_400(analyst: httpx.Client, body: bytes) -> None:
    """Cut, undecodable, or too deep."""
    _checked(analyst.post("/v1/things", content=body, headers={"content-type": "application/json"}), 400)


@pytest.mark.parametrize("body", ["[]", "{}", '{"size": true}', '{"size": 1, "x<script>": 2}', "null"])
def test_a_body_of_another_shape_is_422(analyst: httpx.Client, body: str) -> None:
    """The answer names the field, and repeats nothing that was sent."""
    answer = analyst.post("/v1/things", content=body, headers={"content-type": "application/json"})
    assert _checked(answer, 422).errors
    assert "script" not in answer.text


def test_a_body_that_is_too_large_is_413(analyst: httpx.Client) -> None:
    """Announced or not, what counts is what arrives."""
    large = b'{"size": ' + b" " * 3000 + b"1}"
    _checked(analyst.post("/v1/things", content=large), 413)
    chunks = iter([large[:1500], large[1500:]])
    _checked(analyst.post("/v1/things", content=chunks), 413)


def test_our_own_mistake_is_500_without_a_word_about_it(analyst: httpx.Client) -> None:
    """The log has the reason, the answer does not."""
    problem = _checked(analyst.get("/v1/things"), 500)
    assert "secret" not in problem.detail


def test_a_trace_is_continued_and_a_broken_one_is_not(analyst: httpx.Client) -> None:
    """W3C Trace Context: a good header keeps its trace id; a bad one starts a new trace."""
    good = analyst.get("/version", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    assert good.headers["traceparent"].split("-")[1] == "a" * 32
    bad = analyst.get("/version", headers={"traceparent": "x", "x-request-id": "a\tb"})
    assert len(bad.headers["traceparent"].split("-")[1]) == 32
    assert bad.headers["x-request-id"] != "a\tb"


def test_readiness_says_503_when_the_database_is_gone(tmp_path: Path) -> None:
    """Alive is not ready: health stays 200, readiness does not lie."""
    with staged(tmp_path, {NAME: _build}) as stage:
        client = stage.client(NAME)
        assert client.get("/readyz").json()["dependencies"][0]["state"] == "up"
        (tmp_path / f"{NAME}.sqlite3").unlink()
        assert _checked(client.get("/readyz"), 503).code == "database_down"
        assert client.get("/healthz").status_code == 200


def test_operations_are_for_operators(stage: Stage, analyst: httpx.Client) -> None:
    """Metrics and circuits need the role admin."""
    admin = stage.signed_in(NAME, "admin")
    for path in ("/metrics", "/internal/circuits"):
        _checked(stage.client(NAME).get(path), 401)
        _checked(analyst.get(path), 403)
        assert admin.get(path).status_code == 200
    assert 'route="/version"' in admin.get("/metrics").text
    assert admin.post("/internal/circuits/auth-service:reset").json()["state"] == "closed"
    _checked(admin.post("/internal/circuits/unknown:reset"), 404)
