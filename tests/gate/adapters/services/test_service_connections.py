"""Requests to the services over kept connections: names, certificates, endings."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from gates.adapters.services.network import Hosts, Network
from gates.adapters.services.service_connections import ServiceConnections, SilentError
from gates.model.platform import Endpoints
from tests.support.tiny_https_server import TinyHttps, tiny_dns

RECORDS = {"a.run.test": "127.0.0.1", "b.run.test": "127.0.0.1", "stranger.run.test": "127.0.0.1"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[TinyHttps]:
    """A server behind its own CA and port; its second answer promises more than it sends."""
    made = TinyHttps(tmp_path, lambda number: (200, json.dumps({"number": number}).encode()))
    made.breaks = lambda number: number == 1
    with made.running():
        yield made


@pytest.fixture
def http(server: TinyHttps) -> Iterator[ServiceConnections]:
    """Connections to it, found by its own name server."""
    with ExitStack() as open_ones:
        address = open_ones.enter_context(tiny_dns(RECORDS))
        endpoints = Endpoints(dns=address, ports=((443, server.port),), ca_file=server.ca_file)
        yield open_ones.enter_context(closing(ServiceConnections(Network(endpoints), seconds=5.0)))


def test_a_connection_is_kept_and_says_the_real_name(http: ServiceConnections, server: TinyHttps) -> None:
    """SNI and Host carry it; another name has a connection of its own."""
    server.breaks = lambda _number: False
    for name in ("a", "b", "a"):
        assert http.request("GET", f"https://{name}.run.test/hello?x=1").is_good
    first, second, third = server.seen
    assert first.connection == third.connection != second.connection
    assert (first.server_name, first.host, first.path) == ("a.run.test", "a.run.test", "/hello?x=1")
    assert second.server_name == "b.run.test"


def test_a_document_arrives_as_it_was_sent(http: ServiceConnections) -> None:
    """With its headers; the answer remembers what was asked."""
    answer = http.request("POST", "https://a.run.test/x?y=1", headers={"X-Mark": "kept"}, document={"z": 1})
    assert answer.json() == {"z": 1, "mark": "kept"}
    assert (answer.method, answer.path, answer.status) == ("POST", "/x", 200)


def test_a_broken_answer_is_none_and_the_next_request_gets_a_new_connection(
    http: ServiceConnections, server: TinyHttps
) -> None:
    """Half an answer is not taken for a whole one."""
    assert http.request("GET", "https://a.run.test/").json() == {"number": 0}
    with pytest.raises(SilentError, match="IncompleteRead"):
        http.request("GET", "https://a.run.test/")
    assert http.request("GET", "https://a.run.test/").json() == {"number": 2}
    first, second, third = server.seen
    assert first.connection == second.connection != third.connection


def test_a_certificate_for_another_name_is_refused(http: ServiceConnections, server: TinyHttps) -> None:
    """The name is checked against the certificate, not the address."""
    with pytest.raises(SilentError, match="SSLCertVerificationError"):
        http.request("GET", "https://stranger.run.test/")
    assert server.seen == []


def test_silence_has_a_name(http: ServiceConnections) -> None:
    """Nobody listens there."""
    with pytest.raises(SilentError, match="ConnectionRefused"):
        http.request("GET", "https://a.run.test:9/")


@pytest.mark.parametrize(("good_for", "asked"), [(60.0, False), (-1.0, True)])
def test_a_host_s_address_is_asked_for_when_it_is_no_longer_good(*, good_for: float, asked: bool) -> None:
    """What the name server said itself counts as long as it said."""
    hosts: Hosts = {"a.run.test": ("127.0.0.2", time.time() + good_for)}
    with tiny_dns(RECORDS) as address:
        found, _ = Network(Endpoints(dns=address), hosts).address("a.run.test", 443)
    assert found == ("127.0.0.1" if asked else "127.0.0.2")
    assert hosts["a.run.test"][0] == found
