"""Raw TLS connections to a public host, as a browser makes them: at the mapped address, by its own name."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from gates.model.target import Target

TIMEOUT_S = 10.0
PORT = 443


def host_of(target: Target, service: str) -> str:
    """Return the host under which the public reaches a service."""
    host = urlsplit(target.public_url(service)).hostname
    if host is None:
        raise ValueError(f"{service} has no public host")
    return host


def address_of(target: Target, host: str) -> tuple[str, int]:
    """Return where to connect to: the environment's address of the host, or the host itself."""
    mapped = dict(target.addresses).get(f"{host}:{PORT}", f"{host}:{PORT}")
    name, _, port = mapped.rpartition(":")
    return name, int(port)


def shake_hands(address: tuple[str, int], host: str, context: ssl.SSLContext) -> tuple[bytes, str]:
    """Return the host's certificate (DER) and the protocol that was agreed.

    Raises:
        ssl.SSLError: no agreement, or the certificate is not trusted for `host`.
        OSError: nobody listens, or the connection was broken off.
    """
    with (
        socket.create_connection(address, timeout=TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b"", secured.version() or ""
