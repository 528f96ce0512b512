"""The probe believes only answers that agree."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from gates.adapters.services.version_probe import VersionProbe
from gates.model.platform import Endpoints
from tests.support import builders
from tests.support.fake_cloud import FakeCloud, two_revisions
from tests.support.tiny_https_server import Answer, TinyHttps, tiny_dns

ENVIRONMENT = builders.environment(allowed_impacts=())
HOSTS = ("a.run.test", "behind---a.run.test")
Probe = Callable[..., tuple[VersionProbe, TinyHttps]]


def says(*revisions: object) -> Answer:
    """Return answers that name these revisions, one after the other, again and again."""
    return lambda number: (200, json.dumps({"revision": revisions[number % len(revisions)]}).encode())


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[Probe]:
    """Return a maker of a probe and the server that it asks."""
    with ExitStack() as stack:

        def make(answer: Answer, path: str = "/version") -> tuple[VersionProbe, TinyHttps]:
            server = stack.enter_context(TinyHttps(tmp_path, answer, certified=HOSTS).running())
            address = stack.enter_context(tiny_dns(dict.fromkeys(HOSTS, "127.0.0.1")))
            endpoints = Endpoints(dns=address, ports=((443, server.port),), ca_file=server.ca_file)
            cloud = FakeCloud(services={"a": two_revisions("a")})
            place = replace(ENVIRONMENT, endpoints=endpoints)
            return VersionProbe(place, cloud, answers=3, path=path), server

        yield make


def test_answers_that_agree_name_the_revision(probe: Probe) -> None:
    """Three connections of their own, without cookies, to /version of the service's own URL."""
    command, server = probe(says("a-1"))
    assert command.answering_revision("a") == "a-1"
    assert [seen.path for seen in server.seen] == ["/version"] * 3
    assert len({seen.connection for seen in server.seen}) == 3
    assert {seen.cookie for seen in server.seen} == {None}


def test_the_platform_s_own_path_is_asked(probe: Probe) -> None:
    """As its document names it."""
    command, server = probe(says("a-1"), "/about")
    assert command.answering_revision("a") == "a-1"
    assert {seen.path for seen in server.seen} == {"/about"}


def test_behind_a_tag_the_tag_s_own_address_is_asked(probe: Probe) -> None:
    """As often as the service's own; a tag that nobody knows is silence."""
    command, server = probe(says("a-1"))
    assert command.answering_behind("a", "behind") == "a-1"
    assert {(seen.host or "").partition(":")[0] for seen in server.seen} == {"behind---a.run.test"}
    assert command.answering_behind("a", "nothing") is None


@pytest.mark.parametrize(
    "answer",
    [
        says("a-1", "a-1", "a-2"),
        says(None),
        says(""),
        says(7),
        lambda _number: (503, b'{"revision": "a-1"}'),
        lambda _number: (200, b"[]"),
        lambda _number: (200, b"not json"),
        lambda _number: (200, b"\xff\xfe"),
    ],
)
def test_anything_else_is_no_answer(probe: Probe, answer: Answer) -> None:
    """A split, an error, and an answer without a revision are not believed."""
    command, _ = probe(answer)
    assert command.answering_revision("a") is None


def test_a_service_that_cannot_be_reached_or_found_is_no_answer() -> None:
    """Neither a closed port nor an unknown service raises."""
    cloud = FakeCloud(services={"a": two_revisions("a")})
    command = VersionProbe(replace(ENVIRONMENT, endpoints=Endpoints(ports=((443, 1),))), cloud)
    assert command.answering_revision("a") is None
    assert command.answering_revision("unknown") is None
