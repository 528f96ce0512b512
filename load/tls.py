"""The connections of a generator: one TLS context for the whole process, which verifies the certificate.

The client of a Locust user makes a context of its own and loads the machine's CAs into it: 40 ms of the only
loop for each user. Users that share a pool of connections share its context.
"""

from __future__ import annotations

from typing import Any

from geventhttpclient.client import HTTPClientPool

CONNECT_S = 10.0
ANSWER_S = 10.0
"""A request without an answer after this time has failed."""


def connections(*, host: str, ca_file: str | None, most: int) -> HTTPClientPool:
    """Return a pool of at most `most` connections at once, made when they are needed and then kept.

    Args:
        host: the name that the certificate must carry, whatever address is connected to.
        ca_file: the CA to trust; None is the machine's own CAs.
        most: how many requests can be in flight at once.
    """
    options: dict[str, Any] = {"server_hostname": host} | ({"ca_certs": ca_file} if ca_file else {})
    return HTTPClientPool(
        ssl_options=options, concurrency=most, connection_timeout=CONNECT_S, network_timeout=ANSWER_S
    )
