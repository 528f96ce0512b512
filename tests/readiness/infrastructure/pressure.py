"""Requests that stay in flight: what Cloud Run counts when it decides about one more instance.

Each holds its connection open before the last byte of its body, so that many at once cost little on either
side. They are bounded in number and in time, and all are closed at the end.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from gates.model.target import ServiceTarget, Target
from tests.readiness.infrastructure.doors import PORT
from tests.readiness.security.contracts import operations

_CONNECT_S = 10.0


class Pressure:
    """The held requests of one service."""

    def __init__(self, target: Target, service: ServiceTarget) -> None:
        host = urlsplit(service.base_url).hostname or ""
        mapped = dict(target.addresses).get(f"{host}:{PORT}", f"{host}:{PORT}")
        name, _, port = mapped.rpartition(":")
        self._host, self._address = host, (name, int(port))
        self._context = ssl.create_default_context(cafile=target.ca_file)
        op = next(op for op in operations(service.name) if op.takes_body)
        lines = (
            *(f"{op.method} {op.at()} HTTP/1.1", f"Host: {host}", "Content-Type: application/json"),
            *("Content-Length: 2", "Connection: close", "", "{"),
        )
        self._head = "\r\n".join(lines).encode()
        self._held: list[ssl.SSLSocket] = []

    def add(self, count: int) -> None:
        """Hold so many requests more.

        Raises:
            OSError: the service takes no connection.
        """
        for _ in range(count):
            plain = socket.create_connection(self._address, timeout=_CONNECT_S)
            held = self._context.wrap_socket(plain, server_hostname=self._host)
            self._held.append(held)
            held.sendall(self._head)

    def release(self) -> None:
        """Let all of them go."""
        for held in self._held:
            held.close()
        self._held.clear()


@contextlib.contextmanager
def pressure(target: Target, service: ServiceTarget) -> Iterator[Pressure]:
    """Yield a pressure that is gone afterwards, whatever happens."""
    made = Pressure(target, service)
    try:
        yield made
    finally:
        made.release()
