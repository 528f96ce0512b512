"""Requests that two readers would split differently, sent byte by byte to the public door."""

from __future__ import annotations

import re
import socket
import ssl
from random import Random
from urllib.parse import urlsplit

import pytest

from gates.model.target import Target
from journeys.checks import demand

GATEWAY = "api-gateway"
_PATIENCE_S = 3.0
_MOST = 65_536
SECOND = b"GET /version HTTP/1.1\r\nHost: {host}\r\n\r\n"
"""What a reader with other eyes would take for a second request."""
PLAIN = b"Content-Length: 2\r\n\r\n[]"
"""The end of a request that every reader splits alike: both it and the second one are answered."""


def ambiguous(dice: Random) -> dict[str, bytes]:
    """Return the ends of requests that two readers split differently, by what is special about them."""
    letters = b"".join(dice.choice((b"a", b"b", b"c")) for _ in range(dice.randint(3, 9)))
    size, word = b"%d" % len(letters), b"x%x" % dice.getrandbits(16)
    coding = b"Transfer-Encoding%s: %s\r\n\r\n0\r\n\r\n"
    return {
        "both lengths": b"Content-Length: %s\r\n" % size + coding % (b"", b"chunked"),
        "two different lengths": b"Content-Length: %s\r\nContent-Length: 0\r\n\r\n%s" % (size, letters),
        "an unknown coding": coding % (b"", word),
        "a blank before the colon": coding % (b" ", b"chunked"),
        "a length with a sign": b"Content-Length: +%s\r\n\r\n%s" % (size, letters),
        "a negative length": b"Content-Length: -%d\r\n\r\n" % dice.randint(1, 99),
        "a folded header": b"X-%s: b\r\n Content-Length: 0\r\n\r\n" % word,
        "two hosts": b"Host: %s.test\r\nContent-Length: 0\r\n\r\n" % word,
    }


@pytest.mark.criterion("CFG-13-SMUGGLING")
def test_ambiguous_framing(target: Target, dice: Random) -> None:
    """Each is refused, or it is answered and the connection ends: never a second answer on it."""
    plain = _statuses(_exchange(target, PLAIN))
    is_in_order = len(plain) == 2 and 400 <= plain[0] < 500
    demand(is_in_order, f"answers {plain} to two plain requests in a row", blames=GATEWAY)
    for what, rest in ambiguous(dice).items():
        answer = _exchange(target, rest)
        statuses = _statuses(answer)
        demand(statuses or not answer, f"answers {what} with something else than HTTP", blames=GATEWAY)
        smuggled = len(statuses) > 1 and statuses[0] < 400
        demand(not smuggled, f"answers {statuses} to one request with {what}", blames=GATEWAY)
        broken = [status for status in statuses if status >= 500 and status != 501]
        demand(not broken, f"breaks at {what}: {broken}", blames=GATEWAY)


def _statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def _exchange(target: Target, rest: bytes) -> bytes:
    """Send one ambiguous request with a second one behind it and return all that comes back."""
    url = urlsplit(target.public_url(GATEWAY))
    host, port = str(url.hostname), url.port or 443
    address = dict(target.addresses).get(f"{host}:{port}", f"{host}:{port}")
    at, _, number = address.rpartition(":")
    context = ssl.create_default_context(cafile=target.ca_file)
    head = (
        f"POST /api/v1/auth-service/v1/login HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    )
    whole = head.encode() + rest + SECOND.replace(b"{host}", host.encode())
    with (
        socket.create_connection((at, int(number)), timeout=_PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        tls.settimeout(_PATIENCE_S / 3)
        tls.sendall(whole)
        return _all_of(tls)


def _all_of(tls: ssl.SSLSocket) -> bytes:
    received = b""
    while len(received) < _MOST:
        try:
            piece = tls.recv(_MOST)
        except (TimeoutError, ConnectionError, ssl.SSLError):
            break
        if not piece:
            break
        received += piece
    return received
