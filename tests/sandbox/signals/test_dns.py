"""The sandbox's name server, asked by dnspython's resolver."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.resolver
import pytest

from sandbox.platform.dns import DnsServer, answer_wire, serve_dns
from tests.sandbox.signals.background import BackgroundLoop

_TIMEOUT_S = 10.0


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve DNS for the tests of this module; its port."""
    with BackgroundLoop() as loop:
        server: DnsServer = loop.run(serve_dns())
        yield server.port
        loop.run(server.close())


@pytest.fixture
def resolver(port: int) -> dns.resolver.Resolver:
    """A resolver that asks the sandbox's name server alone."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = port
    resolver.lifetime = _TIMEOUT_S
    return resolver


def ask(name: str, kind: str, port: int) -> dns.message.Message:
    """Send one question and return the whole response."""
    return dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", port=port, timeout=_TIMEOUT_S)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("app.isectech.test", "127.0.0.1"),
        ("API.IsecTech.Test", "127.0.0.1"),
        ("isectech-frontend-sandbox.us-central1.run.test", "127.0.0.2"),
        ("canary---isectech-frontend-sandbox.us-central1.run.test", "127.0.0.2"),
    ],
)
def test_a_name_leads_to_its_entrance(resolver: dns.resolver.Resolver, name: str, address: str) -> None:
    """Public names lead outside and service names inside."""
    found = resolver.resolve(name, "A")
    assert [record.to_text() for record in found] == [address]


@pytest.mark.parametrize("name", ["example.com", "test", "notisectech.test", "run.test.example"])
def test_a_foreign_name_does_not_exist(resolver: dns.resolver.Resolver, name: str) -> None:
    """A name outside the two zones is NXDOMAIN, also when it only ends like one of them."""
    with pytest.raises(dns.resolver.NXDOMAIN):
        resolver.resolve(name, "A")


@pytest.mark.parametrize("kind", ["AAAA", "MX", "TXT", "CAA"])
def test_a_type_without_records_is_an_empty_answer(port: int, kind: str) -> None:
    """A name that exists answers NOERROR without records for other types, with the zone's SOA."""
    response = ask("app.isectech.test", kind, port)
    assert response.rcode() == dns.rcode.NOERROR
    assert response.answer == []
    assert response.authority[0].name == dns.name.from_text("isectech.test")
    assert response.flags & dns.flags.AA


def test_the_apex_names_its_certificate_authorities(resolver: dns.resolver.Resolver) -> None:
    """The CAA lookup of a public host ends at the apex, which allows one issuer and no wildcards."""
    found = resolver.resolve("isectech.test", "CAA")
    assert {(record.tag, record.value) for record in found} == {(b"issue", b"pki.goog"), (b"issuewild", b";")}


def test_garbage_is_answered_with_a_format_error(port: int) -> None:
    """A packet that is no DNS message gets FORMERR under its own id and the server lives on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(_TIMEOUT_S)
        sender.sendto(b"short", ("127.0.0.1", port))
        sender.sendto(b"\xab\xcd" + b"\x01\x00\x00\x05" + b"\xff" * 20, ("127.0.0.1", port))
        response = dns.message.from_wire(sender.recv(4096))
    assert (response.id, response.rcode()) == (0xABCD, dns.rcode.FORMERR)
    assert ask("app.isectech.test", "A", port).answer


def test_an_update_is_not_implemented(port: int) -> None:
    """An opcode other than QUERY is refused instead of being taken for a question."""
    query = dns.message.make_query("app.isectech.test", "A")
    query.set_opcode(dns.opcode.NOTIFY)
    response = dns.query.udp(query, "127.0.0.1", port=port, timeout=_TIMEOUT_S)
    assert response.rcode() == dns.rcode.NOTIMP


def test_another_class_is_refused(port: int) -> None:
    """A question outside the class IN is refused."""
    query = dns.message.make_query("app.isectech.test", "A", rdclass="CH")
    response = dns.query.udp(query, "127.0.0.1", port=port, timeout=_TIMEOUT_S)
    assert response.rcode() == dns.rcode.REFUSED


def test_an_answer_is_not_answered() -> None:
    """A packet that is a response gets none, else two servers could talk for ever."""
    query = dns.message.make_query("app.isectech.test", "A")
    assert answer_wire(query.to_wire()) is not None
    query.flags |= dns.flags.QR
    assert answer_wire(query.to_wire()) is None


def test_a_taken_port_is_an_error() -> None:
    """A port that another program has is an error, and can be had once it is free."""

    async def scenario() -> int:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as squatter:
            squatter.bind(("127.0.0.1", 0))
            taken = int(squatter.getsockname()[1])
            with pytest.raises(OSError, match="in use"):
                await serve_dns(port=taken)
        server = await serve_dns(port=taken)
        await server.close()
        return server.port - taken

    assert asyncio.run(scenario()) == 0


def test_two_servers_live_side_by_side() -> None:
    """Ports are ephemeral, and a closed server leaves its port free."""

    async def scenario() -> tuple[int, int, int]:
        one, other = await serve_dns(), await serve_dns()
        await one.close()
        again = await serve_dns(port=one.port)
        await again.close()
        await other.close()
        return one.port, other.port, again.port

    one, other, again = asyncio.run(scenario())
    assert one != other
    assert again == one
