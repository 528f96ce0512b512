"""Names, addresses and clients of a platform that public DNS does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from gates.adapters.services.network import Network
from gates.errors import ConfigurationError, UnavailableError
from gates.model.platform import Endpoints
from tests.support.tiny_https_server import TinyHttps, tiny_dns

RECORDS = {"a.run.test": "127.0.0.1", "b.run.test": "127.0.0.1", "stranger.run.test": "127.0.0.1"}


@dataclass
class Place:
    """A server, and the network that finds it."""

    server: TinyHttps
    endpoints: Endpoints

    @property
    def network(self) -> Network:
        """A network for the endpoints."""
        return Network(self.endpoints)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A server behind its own DNS, CA and port."""
    server = TinyHttps(tmp_path, lambda number: (200, json.dumps({"number": number}).encode()))
    with tiny_dns(RECORDS) as address, server.running():
        ports = ((443, server.port), (80, 1))
        yield Place(server, Endpoints(dns=address, ports=ports, ca_file=server.ca_file))


def test_names_become_pairs_of_place_and_address(place: Place) -> None:
    """Each name and port comes once, with the port that really listens."""
    urls = ["https://a.run.test/x", "https://a.run.test/y", "http://b.run.test", "https://b.run.test:8443"]
    assert place.network.addresses(urls) == (
        ("a.run.test:443", f"127.0.0.1:{place.server.port}"),
        ("b.run.test:80", "127.0.0.1:1"),
        ("b.run.test:8443", "127.0.0.1:8443"),
    )


def test_the_open_internet_needs_no_addresses() -> None:
    """Without own DNS and ports nothing is mapped, and a place is its own address."""
    assert Network(Endpoints()).addresses(["https://example.test"]) == ()
    assert Network(Endpoints()).address("example.test", 443) == ("example.test", 443)


def test_an_unknown_name_says_so(place: Place) -> None:
    """A name that the DNS server does not have is a matter of configuration."""
    with pytest.raises(ConfigurationError, match=r"gone\.run\.test is unknown"):
        place.network.addresses(["https://gone.run.test"])


def test_a_dns_server_that_is_silent_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is something else than no such name."""
    monkeypatch.setattr("gates.adapters.services.name_server._SECONDS", 0.2)
    with pytest.raises(UnavailableError, match="no answer"):
        Network(Endpoints(dns="127.0.0.1:9")).addresses(["https://a.run.test"])


def test_the_client_says_the_real_name(place: Place) -> None:
    """SNI and Host carry the name although the connection goes to an address and another port."""
    with place.network.client() as client:
        assert client.get("https://a.run.test/hello?x=1").json() == {"number": 0}
    (seen,) = place.server.seen
    assert (seen.server_name, seen.host, seen.path) == ("a.run.test", "a.run.test", "/hello?x=1")


def test_two_names_never_share_a_connection(place: Place) -> None:
    """Names on one address keep connections of their own; requests to one name share one."""
    with place.network.client() as client:
        for name in ("a", "b", "a"):
            client.get(f"https://{name}.run.test/")
    first, second, third = place.server.seen
    assert first.connection == third.connection != second.connection
    assert [seen.server_name for seen in (first, second)] == ["a.run.test", "b.run.test"]


def test_without_keep_alive_each_request_is_a_new_connection(place: Place) -> None:
    """A split is decided anew for each of them."""
    with place.network.client(is_kept_alive=False) as client:
        for _ in range(3):
            client.get("https://a.run.test/")
    assert len({seen.connection for seen in place.server.seen}) == 3


def test_cookies_belong_to_the_real_name(place: Place) -> None:
    """A cookie goes back to the name that set it and to no other name on the same address."""
    with place.network.client() as client:
        for name in ("a", "a", "b"):
            client.get(f"https://{name}.run.test/")
    assert [seen.cookie for seen in place.server.seen] == [None, "affinity=sticky", None]


def test_a_body_arrives_as_it_was_sent(place: Place) -> None:
    """Method, headers and body pass through the mapping."""
    with place.network.client() as client:
        answer = client.post("https://a.run.test/", json={"x": 1}, headers={"X-Mark": "kept"})
    assert answer.json() == {"x": 1, "mark": "kept"}


def test_a_certificate_for_another_name_is_refused(place: Place) -> None:
    """The name is checked against the certificate, not the address."""
    with place.network.client() as client, pytest.raises(httpx.ConnectError, match="stranger"):
        client.get("https://stranger.run.test/")
    assert place.server.seen == []


def test_an_unknown_authority_is_refused(place: Place) -> None:
    """Without the environment's CA its certificates are worth nothing."""
    endpoints = Endpoints(dns=place.endpoints.dns, ports=place.endpoints.ports)
    with Network(endpoints).client() as client, pytest.raises(httpx.ConnectError, match="CERTIFICATE"):
        client.get("https://a.run.test/")


def test_a_missing_ca_file_is_named() -> None:
    """The error says which file."""
    with pytest.raises(ConfigurationError, match=r"gone/ca\.pem"):
        Network(Endpoints(ca_file="gone/ca.pem")).client()


def test_a_key_log_that_cannot_be_written_is_not_taken_for_the_ca(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python opens the machine's SSLKEYLOGFILE itself; the platform has nothing to do with it."""
    monkeypatch.setenv("SSLKEYLOGFILE", "/nope/keys")
    with pytest.raises(ConfigurationError, match="SSLKEYLOGFILE=/nope/keys") as raised:
        place.network.client()
    assert "CA file" not in raised.value.cause
