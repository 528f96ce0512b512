"""A contract run against a real server on loopback that answers as badly as it can."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.validation import contract_exchange
from tests.validation.contract_chains import CHAINS, run_chains
from tests.validation.contract_plan import ContractRun, Plan
from tests.validation.contract_run import run_contract

Answer = Callable[[BaseHTTPRequestHandler], None]
PLAN = Plan(seed=7, examples=2, seconds=20.0)
THING = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
GOOD = {"description": "good", "content": {"application/json": {"schema": THING}}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "things", "version": "1"},
    "security": [{"bearer": []}],
    "paths": {"/things": {"get": {"operationId": "list", "responses": {"200": GOOD}}}},
}


def answering(body: bytes, kind: str = "application/json", status: int = 200) -> Answer:
    """Return what answers every request the same."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Never stop sending."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    while True:
        handler.wfile.write(b"[" * 65_536)


def broken(handler: BaseHTTPRequestHandler) -> None:
    """Say something that is no HTTP."""
    handler.wfile.write(b"\xff\xfe nonsense\r\n\r\n")


def silent(_handler: BaseHTTPRequestHandler) -> None:
    """Close the connection without a word."""


@contextmanager
def server(answer: Answer) -> Iterator[httpx.Client]:
    """Yield a client of a server that answers GET and POST in one way."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                answer(self)
            except OSError:
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 - the name that the base class looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    with httpx.Client(
        base_url=f"http://127.0.0.1:{running.server_port}", timeout=2, trust_env=False
    ) as client:
        yield client
    running.shutdown()
    running.server_close()
    thread.join()


def run(answer: Answer, plan: Plan = PLAN) -> ContractRun:
    """Run the document against a server that answers in one way."""
    with server(answer) as client:
        return run_contract(DOCUMENT, client, {"Authorization": "Bearer good"}, frozenset(), plan)


def checks(seen: ContractRun) -> set[str]:
    """Return the checks that failed."""
    return {check for _, check in seen.findings}


def test_a_good_service_has_no_finding() -> None:
    """The control; and the same seed makes the same requests."""
    first, second = run(answering(b'{"id": 1}')), run(answering(b'{"id": 1}'))

    assert (checks(first), first.uncovered, first.cut_short) == (set(), [], {})
    assert first.requests == second.requests > 0


@pytest.mark.parametrize(
    ("answer", "check"),
    [
        (answering(b'{"\\ud800": "\\udfff"}'), "response_schema_conformance"),
        (answering(b"[" * 200_000), "response_schema_conformance"),
        (answering(b"\xff\xfe\x00"), "response_schema_conformance"),
        (answering(b'{"id": "one"}'), "response_schema_conformance"),
        (answering(b"<html>", "text/html"), "content_type_conformance"),
        (answering(b"{}", "no media type"), "content_type_conformance"),
        (answering(b"{}", status=500), "not_a_server_error"),
        (answering(b"{}", status=418), "status_code_conformance"),
        (endless, "unreadable_answer"),
        (broken, "unreadable_answer"),
        (silent, "unreadable_answer"),
    ],
)
def test_a_hostile_answer_is_a_finding_and_ends_nothing(answer: Answer, check: str) -> None:
    """Whatever comes back, the run comes to its end, and every finding can be written down."""
    seen = run(answer)

    assert check in checks(seen)
    assert all(str(finding).encode("utf-8") for finding in seen.findings.values())


def test_a_slow_answer_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that drips is cut off, although every drop comes in time."""
    monkeypatch.setattr(contract_exchange, "LONGEST_S", -1.0)

    assert "unreadable_answer" in checks(run(answering(b'{"id": 1}')))


def test_an_operation_without_time_is_not_covered() -> None:
    """The run says which operation ended early; what was not tried was not seen to work."""
    seen = run(answering(b'{"id": 1}'), Plan(seed=7, examples=2, seconds=-1.0))

    assert list(seen.cut_short) == ["GET /things"]
    assert seen.uncovered == ["GET /things"]


def test_a_service_that_nobody_reaches_is_no_observation() -> None:
    """A refused connection is an error of the run, never a finding about the service."""
    with (
        httpx.Client(base_url="http://127.0.0.1:1", trust_env=False) as client,
        pytest.raises(httpx.ConnectError),
    ):
        run_contract(DOCUMENT, client, {}, frozenset(), PLAN)


def test_who_has_no_token_must_be_refused() -> None:
    """In depth, what was accepted is sent again by a stranger."""
    deep = Plan(seed=7, examples=1, seconds=20.0, is_deep=True)

    def guarded(handler: BaseHTTPRequestHandler) -> None:
        is_known = handler.headers.get("Authorization") == "Bearer good"
        answering(b'{"id": 1}', status=200 if is_known else 401)(handler)

    assert "ignored_auth" in checks(run(answering(b'{"id": 1}'), deep))
    assert "ignored_auth" not in checks(run(guarded, deep))


def creating_document() -> dict[str, object]:
    """Return a document whose POST takes a word."""
    word = {"type": "string", "pattern": "^[a-z]{1,12}$"}
    body = {
        "type": "object",
        "properties": {"word": word},
        "required": ["word"],
        "additionalProperties": False,
    }
    make = {
        "operationId": "make",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"201": GOOD, "409": GOOD, "422": GOOD},
    }
    return {**DOCUMENT, "paths": {"/things": {"post": make}}}


def once_each(handler: BaseHTTPRequestHandler, taken: set[bytes], *, keeps: bool = True) -> None:
    """Answer 422 to what has no word, 409 to a document that is taken, and else take it."""
    sent = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    is_valid = re.fullmatch(rb'{"word": ?"[a-z]{1,12}"}', sent) is not None
    status = (409 if sent in taken or not keeps else 201) if is_valid else 422
    taken.add(sent)
    answering(b'{"id": 1}', status=status)(handler)


def test_records_that_an_earlier_run_made_leave_no_operation_uncovered() -> None:
    """The same seed on a later day meets 409 alone, so other seeds are drawn, and named."""
    with server(partial(once_each, taken=set())) as client:
        first, second = (run_contract(creating_document(), client, {}, frozenset(), PLAN) for _ in range(2))

    assert (first.uncovered, first.drawn_again, first.created > 0) == ([], {}, True)
    assert (second.uncovered, len(second.drawn_again["POST /things"])) == ([], 1)


def test_an_operation_that_always_answers_409_stays_uncovered() -> None:
    """Drawing again is bounded."""
    with server(partial(once_each, taken=set(), keeps=False)) as client:
        seen = run_contract(creating_document(), client, {}, frozenset(), PLAN)

    assert (seen.uncovered, seen.created) == (["POST /things"], 0)
    assert len(seen.drawn_again["POST /things"]) == 3


def linked_document() -> dict[str, object]:
    """Return a document whose POST links to the GET of what it made."""
    link = {"one": {"operationId": "one", "parameters": {"id": "$response.body#/id"}}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    made = {"operationId": "make", "responses": {"201": {**GOOD, "links": link}, "404": GOOD}}
    found = {"operationId": "one", "parameters": [parameter], "responses": {"200": GOOD, "404": GOOD}}
    return {**DOCUMENT, "paths": {"/things": {"post": made}, "/things/{id}": {"get": found}}}


@pytest.mark.parametrize(("status", "found"), [(200, set()), (404, {"ensure_resource_availability"})])
def test_what_was_made_must_be_found(status: int, found: set[str]) -> None:
    """A chain follows the link from what one operation made to the one that reads it."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        answering(json.dumps({"id": 5}).encode(), status=201 if handler.command == "POST" else status)(
            handler
        )

    with server(answer) as client:
        seen = run_chains(
            linked_document(), client, {}, frozenset(), Plan(seed=7, examples=1, seconds=20, chains=8)
        )

    assert checks(seen) == found
    assert seen.requests > 8


def test_chains_without_time_say_so() -> None:
    """They are cut short as single operations are."""
    with server(answering(b'{"id": 5}', status=201)) as client:
        seen = run_chains(
            linked_document(), client, {}, frozenset(), Plan(seed=7, examples=1, seconds=-1, chains=4)
        )

    assert list(seen.cut_short) == [CHAINS]
