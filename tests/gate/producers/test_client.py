"""What an answer that does not come whole says, and of whom."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from gates.model.target import ServiceTarget, Target
from journeys.client import BrokenAnswerError, client
from load.run import run_generator
from load.summary import summarise
from tests.support import builders
from tests.support.load_records import entrance, offer
from tests.support.tiny_https_server import TinyHttps

HOST = "a.run.test"


def target(server: TinyHttps) -> Target:
    """Return a target of one service behind a tiny server."""
    return builders.target(
        fingerprint="sha256:0",
        services=(ServiceTarget(name="a", base_url=f"https://{HOST}", revision="a-1", digest="sha256:1"),),
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
