"""What an answer that does not come whole says, and of whom."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

import journeys.client
from gates.model.target import ServiceTarget, Target
from gates.tokens import HEADER
from journeys.client import BrokenAnswerError, RefusedCallerError, client
from load.run import run_generator
from load.summary import summarise
from tests.support import builders
from tests.support.front_end import ACCOUNT, HEADERS, FakeTokens, page
from tests.support.load_records import entrance, offer
from tests.support.tiny_https_server import TinyHttps

HOST = "a.run.test"


def target(server: TinyHttps, **access: str) -> Target:
    """Return a target of one service behind a tiny server."""
    service = ServiceTarget(name="a", base_url=f"https://{HOST}", revision="a-1", digest="sha256:1", **access)
    return builders.target(
        fingerprint="sha256:0",
        services=(service,),
        addresses=((f"{HOST}:443", f"127.0.0.1:{server.port}"),),
        ca_file=server.ca_file,
    )


def test_who_breaks_off_and_is_there_right_after_is_to_blame(tmp_path: Path) -> None:
    """Half an answer, and the next request is answered: seen, and the service's own."""
    tiny = TinyHttps(tmp_path, lambda _: (200, b"{}"), breaks=lambda number: number == 1)
    with tiny.running() as server, client(target(server), "a") as http:
        assert http.get("/first").status_code == httpx.codes.OK
        with pytest.raises(BrokenAnswerError, match="a broke off its answer to GET /second") as caught:
            http.get("/second")
        assert http.get("/third").status_code == httpx.codes.OK
    assert caught.value.blames == "a"
    assert [seen.path for seen in server.seen] == ["/first", "/second", "/healthz", "/third"]


def test_who_is_gone_after_half_an_answer_may_not_be_to_blame(tmp_path: Path) -> None:
    """Nobody answers any more: the way there may have broken, so nothing was seen."""
    tiny = TinyHttps(tmp_path, lambda _: (200, b"{}"), breaks=lambda _: True, is_gone_after=True)
    with tiny.running() as server, client(target(server), "a") as http, pytest.raises(httpx.HTTPError):
        http.get("/first")


def test_the_generator_counts_half_an_answer_as_none(tmp_path: Path) -> None:
    """Its status line said 200, and what followed never came: an error, not a quick success."""
    tiny = TinyHttps(tmp_path, lambda _: (200, b"{}"), breaks=lambda number: number % 2 == 1)
    with tiny.running() as server:
        record = run_generator(
            offer(rate=10.0, seconds=2.0, connections=4),
            entrance(server),
            folder=tmp_path,
        )
    summary = summarise(record)
    assert summary.requests == 20
    assert 0 < summary.failed < summary.requests
    assert {status for status, _ in summary.statuses} == {0, 200}


AUDIENCE = f"https://{HOST}"


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> FakeTokens:
    """Tokens that no server gave."""
    found = FakeTokens()
    monkeypatch.setattr(journeys.client, "TOKENS", found)
    monkeypatch.setattr(journeys.client, "_ASKING", {})
    return found


def front_end(folder: Path, *statuses: int, own: bytes = b"{}") -> TinyHttps:
    """Return a server whose first answers are pages of Google's front end, the last one again and again.

    A status of 200 is an answer of the service itself.
    """

    def answer(number: int) -> tuple[int, bytes]:
        status = statuses[min(number, len(statuses) - 1)]
        return status, own if status == httpx.codes.OK else page(status)

    return TinyHttps(folder, answer, server=HEADERS["server"], content_type=HEADERS["content-type"])


@pytest.mark.usefixtures("tokens")
def test_a_private_service_gets_a_token_that_no_report_can_show(tmp_path: Path) -> None:
    """It travels in a header of its own, and the request that a report would print does not have it."""
    with (
        front_end(tmp_path, 403, 200).running() as server,
        client(target(server, audience=AUDIENCE), "a") as http,
    ):
        answer = http.get("/first", headers={"Authorization": "Bearer own"})
    assert [seen.path for seen in server.seen] == ["/healthz", "/first"]
    assert (server.seen[1].caller or "").endswith(AUDIENCE)
    assert answer.request.headers["Authorization"] == "Bearer own"
    assert HEADER not in answer.request.headers


def test_a_policy_that_is_not_enforced_costs_one_look_and_no_token(
    tmp_path: Path, tokens: FakeTokens
) -> None:
    """As where invocations are not checked: what has no credentials still looks."""
    tiny = TinyHttps(tmp_path, lambda _: (200, b"{}"))
    with tiny.running() as server, client(target(server, audience=AUDIENCE), "a") as http:
        http.get("/first")
        http.get("/second")
    assert [seen.path for seen in server.seen] == ["/healthz", "/first", "/second"]
    assert tokens.asked == []


def test_a_public_service_gets_no_token(tmp_path: Path, tokens: FakeTokens) -> None:
    """Nor does another host that a request names."""
    tiny = TinyHttps(tmp_path, lambda _: (200, b"{}"))
    with tiny.running() as server:
        with client(target(server), "a") as http:
            http.get("/first")
        with client(target(server, audience=AUDIENCE), "a") as http:
            http.get("/second", headers={"Host": "elsewhere.test"})
    assert [seen.caller for seen in server.seen] == [None, None]
    assert tokens.asked == []


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_the_front_end_is_no_failure_of_the_service(tmp_path: Path, status: int) -> None:
    """Neither an answer nor an assertion: the check ends as ERROR and names the command that helps."""
    with (
        front_end(tmp_path, status).running() as server,
        client(target(server, audience=AUDIENCE), "a") as http,
        pytest.raises(RefusedCallerError, match=f"serviceAccount:{ACCOUNT} --role=roles/run.invoker") as said,
    ):
        http.get("/first")
    assert not isinstance(said.value, (AssertionError, httpx.HTTPError))


def test_without_a_token_the_refusal_says_why_there_is_none(tmp_path: Path, tokens: FakeTokens) -> None:
    """No credentials are no reason to fail before the service was asked."""
    tokens.trouble = "no credentials were found"
    with (
        front_end(tmp_path, 403).running() as server,
        client(target(server, audience=AUDIENCE), "a") as http,
        pytest.raises(RefusedCallerError, match="no credentials were found"),
    ):
        http.get("/first")
    assert {seen.caller for seen in server.seen} == {None}


def test_an_internal_service_is_not_reachable_and_an_open_one_is_not_there(tmp_path: Path) -> None:
    """The same page means two things."""
    with front_end(tmp_path, 404).running() as server:
        with client(target(server), "a") as http:
            assert http.get("/first").status_code == httpx.codes.NOT_FOUND
        with (
            client(target(server, ingress="internal"), "a") as http,
            pytest.raises(RefusedCallerError, match="not reachable from this runner"),
        ):
            http.get("/first")


@pytest.mark.usefixtures("tokens")
def test_a_page_that_the_service_itself_sends_is_its_answer(tmp_path: Path) -> None:
    """It is read whole, as any other."""
    own = b"<html><head><title>403 Forbidden</title></head><body>no</body></html>"
    tiny = TinyHttps(
        tmp_path, lambda _: (403, own), server=HEADERS["server"], content_type=HEADERS["content-type"]
    )
    with tiny.running() as server, client(target(server, audience=AUDIENCE), "a") as http:
        answer = http.get("/first")
    assert (answer.status_code, answer.content) == (httpx.codes.FORBIDDEN, own)
