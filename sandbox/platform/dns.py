"""The sandbox's name server: the same names that public and private DNS would answer for the real platform.

`*.isectech.test` is the view from outside, `*.run.test` the view from inside the VPC; they differ in the
loopback address alone, by which the front door knows where a request comes from. Every other name does not
exist. It speaks UDP (RFC 1035), for its answers are short, and never asks another server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping
from typing import Final, cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

OUTSIDE: Final = "127.0.0.1"
"""Where the platform's public names lead."""
INSIDE: Final = "127.0.0.2"
"""Where the names of the services themselves lead."""
ZONES: Final[Mapping[dns.name.Name, str]] = {
    dns.name.from_text("isectech.test."): OUTSIDE,
    dns.name.from_text("run.test."): INSIDE,
}
_CERTIFICATE_AUTHORITIES: Final = ('0 issue "pki.goog"', '0 issuewild ";"')
_AUTHORISED_ZONE: Final = dns.name.from_text("isectech.test.")
_TTL_S: Final = 60
_HEADER_BYTES: Final = 12


def answer(query: dns.message.Message, unknown: Container[dns.name.Name] = ()) -> dns.message.Message:
    """Return the authoritative response: NXDOMAIN outside the zones, empty for types without records.

    Names in `unknown` do not exist either.
    """
    response = dns.message.make_response(query)
    if query.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.NOTIMP)
        return response
    if len(query.question) != 1 or query.question[0].rdclass != dns.rdataclass.IN:
        response.set_rcode(dns.rcode.REFUSED)
        return response
    response.flags |= dns.flags.AA
    name, kind = query.question[0].name, query.question[0].rdtype
    zone = next((zone for zone in ZONES if name.is_subdomain(zone)), None)
    if zone is None or name in unknown:
        response.set_rcode(dns.rcode.NXDOMAIN)
        return response
    records = _records(name, zone, kind)
    if records:
        response.answer.append(dns.rrset.from_text(name, _TTL_S, "IN", kind, *records))
    else:
        response.authority.append(_start_of_authority(zone))
    return response


def _records(name: dns.name.Name, zone: dns.name.Name, kind: dns.rdatatype.RdataType) -> tuple[str, ...]:
    if kind == dns.rdatatype.A and name != zone:
        return (ZONES[zone],)
    if kind == dns.rdatatype.CAA and name == zone == _AUTHORISED_ZONE:
        return _CERTIFICATE_AUTHORITIES
    return ()


def _start_of_authority(zone: dns.name.Name) -> dns.rrset.RRset:
    # RFC 2308: a negative answer carries the SOA, else resolvers may not cache it.
    text = f"ns.{zone} hostmaster.{zone} 1 3600 600 86400 {_TTL_S}"
    return dns.rrset.from_text(zone, _TTL_S, "IN", "SOA", text)


def answer_wire(packet: bytes, unknown: Container[dns.name.Name] = ()) -> bytes | None:
    """Return the response to a packet, FORMERR to one that cannot be read, None to one without a header."""
    if len(packet) < _HEADER_BYTES:
        return None
    try:
        query = dns.message.from_wire(packet)
    except (dns.exception.DNSException, ValueError):
        refusal = dns.message.Message(id=int.from_bytes(packet[:2], "big"))
        refusal.flags |= dns.flags.QR
        refusal.set_rcode(dns.rcode.FORMERR)
        return refusal.to_wire()
    if query.flags & dns.flags.QR:
        return None  # answering an answer would let two servers talk for ever
    return answer(query, unknown).to_wire()


class DnsServer(asyncio.DatagramProtocol):
    """A running name server."""

    def __init__(self, unknown: Container[dns.name.Name]) -> None:
        self._unknown = unknown
        self._transport: asyncio.DatagramTransport | None = None
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, since asyncio's own class is no DatagramTransport before Python 3.12.
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.port = int(transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = answer_wire(data, self._unknown)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            await asyncio.sleep(0)  # only then is the port free


async def serve_dns(*, port: int = 0, unknown: Container[dns.name.Name] = ()) -> DnsServer:
    """Listen on 127.0.0.1 at a port, any free one by default; never know `unknown` names.

    Raises:
        OSError: the port is taken.
    """
    loop = asyncio.get_running_loop()
    _, server = await loop.create_datagram_endpoint(lambda: DnsServer(unknown), local_addr=(OUTSIDE, port))
    return server
