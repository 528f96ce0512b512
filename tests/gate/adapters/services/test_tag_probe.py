"""What is behind a tag is asked at the tag's own address, and every fault of it is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from gates.adapters.services.tag_probe import TagProbe
from gates.errors import ConfigurationError, UnavailableError
from gates.model.platform import Endpoints
from tests.support import builders
from tests.support.fake_cloud import FakeCloud, two_revisions
from tests.support.tiny_https_server import Answer, TinyHttps, tiny_dns

AUTH, OPERATOR = builders.SIGN_IN.service, builders.SIGN_IN.operator
TAG = "way-back"
HOSTS = tuple(f"{TAG}---{name}.run.test" for name in ("a", AUTH))
GOOD = json.dumps({"revision": "a-1"}).encode()
Probe = Callable[..., TagProbe]


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[Probe]:
    """Return a maker of a probe over a server that answers so."""
    with ExitStack() as stack:

        def make(answer: Answer, *, has_operator: bool = True) -> TagProbe:
            server = stack.enter_context(TinyHttps(tmp_path, answer, certified=HOSTS).running())
            address = stack.enter_context(tiny_dns(dict.fromkeys(HOSTS, "127.0.0.1")))
            place = replace(
                builders.environment(allowed_impacts=()),
                endpoints=Endpoints(dns=address, ports=((443, server.port),), ca_file=server.ca_file),
                identities=((OPERATOR, "env:OPERATOR"),) if has_operator else (),
            )
            cloud = FakeCloud(services={name: two_revisions(name) for name in ("a", AUTH)})
            return TagProbe(place, builders.platform(), cloud, cloud.clock)

        yield make


def in_turn(*answers: tuple[int, bytes]) -> Answer:
    """Return these answers, the last one again and again."""
    return lambda number: answers[min(number, len(answers) - 1)]


def test_a_revision_that_lives_under_its_own_name_has_no_fault(probe: Probe) -> None:
    """Alive, ready, and the one that was meant."""
    assert probe(in_turn((200, GOOD))).faults_behind("a", TAG, "a-1") == ()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (((503, b""), (200, GOOD)), "/healthz answers 503"),
        (((200, b""), (503, b""), (200, GOOD)), "/readyz answers 503"),
        (((200, GOOD), (200, GOOD), (200, b'{"revision": "a-2"}')), "a-2 answers behind the tag, not a-1"),
        (((200, b"<html>"),), "no revision answers behind the tag, not a-1"),
        (((200, b"[]"),), "no revision answers behind the tag, not a-1"),
        (((200, b"\xff"),), "no revision answers behind the tag, not a-1"),
    ],
)
def test_each_fault_is_named(probe: Probe, answers: tuple[tuple[int, bytes], ...], said: str) -> None:
    """Not alive, not ready, somebody else, no name at all."""
    assert probe(in_turn(*answers)).faults_behind("a", TAG, "a-1") == (said,)


def test_a_connection_that_breaks_off_is_a_fault(probe: Probe) -> None:
    """And never an answer: the server dies while it answers."""

    def broken(_number: int) -> tuple[int, bytes]:
        raise ConnectionResetError

    (said,) = probe(broken).faults_behind("a", TAG, "a-1")
    assert said.startswith(f"a broke off behind the tag {TAG}: ")


def test_who_lets_everybody_in_is_no_way_back(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sign-in must refuse a wrong password; the tiny server takes any."""
    monkeypatch.setenv("OPERATOR", '{"username": "op", "password": "right"}')
    command = probe(in_turn((200, json.dumps({"revision": "x"}).encode())))

    assert command.faults_behind(AUTH, TAG, "x") == ("a wrong password answers 200 instead of 401",)


def test_without_an_identity_to_sign_in_with_nothing_is_proven(probe: Probe) -> None:
    """The next step names what is missing."""
    with pytest.raises(ConfigurationError, match="no identity"):
        probe(in_turn((200, b'{"revision": "x"}')), has_operator=False).faults_behind(AUTH, TAG, "x")


def test_it_waits_for_a_start(probe: Probe) -> None:
    """A cold start answers late: it is asked until it does, and no longer."""
    asked: list[int] = []

    def answer(number: int) -> tuple[int, bytes]:
        asked.append(number)
        return (503 if len(asked) < 3 else 200), b""

    probe(answer).wait_for_tag("a", TAG)
    assert len(asked) == 3


def test_two_minutes_are_too_late(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody waits any longer."""
    monkeypatch.setattr("gates.adapters.services.tag_probe._PATIENCE_S", 0.05)
    with pytest.raises(UnavailableError, match=f"does not answer behind the tag {TAG}"):
        probe(in_turn((503, b""))).wait_for_tag("a", TAG)
