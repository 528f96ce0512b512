"""Requests to the services' own endpoints over kept connections, with what Python brings along.

The person on call waits for `gate check`, and httpx alone takes longer to import than all services take to
answer. No redirect is followed and no proxy used: what answers is the platform itself.
"""

from __future__ import annotations

import http.client
import json
import select
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from gates.adapters.services.network import Network, place_of


class SilentError(Exception):
    """There is no answer; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service answered, and to which request."""

    method: str
    path: str
    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """By names in lower case."""

    @property
    def is_good(self) -> bool:
        """Whether the service did what it was asked for."""
        return http.HTTPStatus.OK <= self.status < http.HTTPStatus.MULTIPLE_CHOICES

    @property
    def text(self) -> str:
        """What it says, as text."""
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        """Return what it says as a document.

        Raises:
            ValueError: it is not JSON.
        """
        return json.loads(self.content)


class ServiceConnections:
    """Sends requests; each connection serves one request at a time. Safe to use from several threads."""

    def __init__(self, network: Network, *, seconds: float) -> None:
        self._network, self._seconds = network, seconds
        self._idle: dict[tuple[str, str, int], list[http.client.HTTPConnection]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every connection."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, document: Any = None
    ) -> Answer:
        """Send a request, with a document as its body unless that is None, and return the answer.

        Raises:
            SilentError: no answer came.
            ConfigurationError: the host is unknown to the environment's name server, or its CA is not there.
            UnavailableError: that name server does not answer.
        """
        parts = urlsplit(url)
        place = (parts.scheme, *place_of(url))
        connection, sent = self._taken(place), dict(headers or {})
        body = None if document is None else json.dumps(document).encode()
        sent |= {"Content-Type": "application/json"} if body else {}
        try:
            connection.request(method, f"{parts.path or '/'}{parts.query and '?'}{parts.query}", body, sent)
            said = connection.getresponse()
            content = said.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise SilentError(type(error).__name__) from error
        if connection.sock is not None:
            with self._lock:
                self._idle[place].append(connection)
        named = {name.lower(): text for name, text in said.headers.items()}
        return Answer(method=method, path=parts.path, status=said.status, content=content, headers=named)

    def _taken(self, place: tuple[str, str, int]) -> http.client.HTTPConnection:
        """Return a kept connection that is still open, or a new one."""
        with self._lock:
            kept = self._idle.setdefault(place, [])
            while kept:
                connection = kept.pop()
                if not _is_over(connection):
                    return connection
                connection.close()
        return _Connection(self._network, *place, seconds=self._seconds)


class _Connection(http.client.HTTPConnection):
    """Connects to where the network finds the host, and says the host's real name in SNI and Host."""

    def __init__(self, network: Network, scheme: str, host: str, port: int, *, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self._network = network
        self._context = network.tls() if scheme == "https" else None
        self.default_port = http.client.HTTP_PORT if self._context is None else http.client.HTTPS_PORT

    def connect(self) -> None:
        """Open the connection; a certificate for another name is refused.

        Raises:
            OSError: nothing answers there, or another host does.
        """
        plain = socket.create_connection(self._network.address(self.host, self.port), self.timeout)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            tls = self._context
            self.sock = plain if tls is None else tls.wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise


def _is_over(connection: http.client.HTTPConnection) -> bool:
    """Whether the service has ended a kept connection: nothing else makes it readable."""
    waiting = select.poll()
    waiting.register(connection.sock, select.POLLIN)
    return bool(waiting.poll(0))
