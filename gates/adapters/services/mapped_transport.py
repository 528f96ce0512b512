"""The transport of httpx to a platform that public DNS does not know (`gates.adapters.network`)."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable

import httpx

_DEFAULT_PORTS = {"https": 443, "http": 80}


class MappedTransport(httpx.BaseTransport):
    """Connects to the mapped address under the real name, with one pool per name.

    A pool of its own keeps a TLS connection that was checked for one name from carrying another's requests.
    """

    def __init__(
        self,
        address: Callable[[str, int], tuple[str, int]],
        context: ssl.SSLContext,
        limits: httpx.Limits,
    ) -> None:
        self._address = address
        self._context = context
        self._limits = limits
        self._pools: dict[tuple[str, int], httpx.HTTPTransport] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the mapped address; the Host header stays as it is."""
        host, port = request.url.host, request.url.port or _DEFAULT_PORTS[request.url.scheme]
        ip, mapped = self._address(host, port)
        # The caller's request keeps its name: cookies and redirects are decided by it.
        sent = httpx.Request(
            request.method,
            request.url.copy_with(host=ip, port=mapped),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return self._pool(host, port).handle_request(sent)

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.close()

    def _pool(self, host: str, port: int) -> httpx.HTTPTransport:
        with self._lock:
            if (host, port) not in self._pools:
                self._pools[host, port] = httpx.HTTPTransport(
                    verify=self._context, limits=self._limits, trust_env=False
                )
            return self._pools[host, port]
