"""Names, addresses, and HTTP clients that find a platform which public DNS does not know.

Where an environment brings its own DNS server and its own ports, a client connects to the address found there
and still says the real name in SNI and Host, so certificates and routing are checked as they are outside.
"""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

import httpx

from gates.adapters.machine.way_out import KEY_LOG
from gates.errors import ConfigurationError
from gates.model.platform import Endpoints

if TYPE_CHECKING:
    from gates.adapters.services.name_server import NameServer

_DEFAULT_PORTS = {"https": 443, "http": 80}
_REQUEST_SECONDS = 10.0


class Network:
    """Resolves names and builds HTTP clients for one environment; safe to use from several threads."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._ports = dict(endpoints.ports)
        self._ca_file = endpoints.ca_file
        self._names = _names(endpoints.dns) if endpoints.dns else None
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def addresses(self, urls: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return pairs ("host:port", "ip:port") for the urls' names, each once; empty in the open internet.

        Raises:
            ConfigurationError: a name is unknown to the environment's DNS server.
            UnavailableError: that server does not answer.
        """
        if self._names is None and not self._ports:
            return ()
        places = dict.fromkeys(_place(httpx.URL(url)) for url in urls)
        return tuple((f"{host}:{port}", "{}:{}".format(*self.address(host, port))) for host, port in places)

    def address(self, host: str, port: int) -> tuple[str, int]:
        """Return where to connect for that host and port: host as an address where the environment knows it.

        Raises:
            ConfigurationError: the name is unknown to the environment's DNS server.
            UnavailableError: that server does not answer.
        """
        return self._resolve(host), self._ports.get(port, port)

    def client(self, *, is_kept_alive: bool = True, seconds: float = _REQUEST_SECONDS) -> httpx.Client:
        """Return a client that connects to the mapped addresses.

        Without keep-alive each request is a new connection. No redirect is followed and no proxy used: what
        answers is the platform itself.

        Raises:
            ConfigurationError: the environment's CA cannot be read.
        """
        limits = httpx.Limits(max_keepalive_connections=None if is_kept_alive else 0)
        return httpx.Client(
            transport=_MappedTransport(self, self._tls(), limits), timeout=seconds, trust_env=False
        )

    def _tls(self) -> ssl.SSLContext:
        """Return the one context of this environment; reading a CA costs more than a request."""
        with self._lock:
            if self._context is None:
                try:
                    self._context = ssl.create_default_context(cafile=self._ca_file)
                except (OSError, ssl.SSLError) as error:
                    raise _no_context(self._ca_file, error) from error
            return self._context

    def _resolve(self, host: str) -> str:
        return host if self._names is None else self._names.address(host)


class _MappedTransport(httpx.BaseTransport):
    """Connects to the mapped address under the real name, with one pool per name.

    A pool of its own keeps a TLS connection that was checked for one name from carrying another's requests.
    """

    def __init__(self, network: Network, context: ssl.SSLContext, limits: httpx.Limits) -> None:
        self._network = network
        self._context = context
        self._limits = limits
        self._pools: dict[tuple[str, int], httpx.HTTPTransport] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the mapped address; the Host header stays as it is."""
        host, port = _place(request.url)
        ip, mapped = self._network.address(host, port)
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


def _no_context(ca_file: str | None, error: OSError) -> ConfigurationError:
    """Say which file TLS could not be set up with: Python opens the key log of the machine, too."""
    key_log = os.environ.get(KEY_LOG)
    if key_log and str(error.filename) == key_log:
        return ConfigurationError(
            f"{KEY_LOG}={key_log} cannot be written: {error.strerror}",
            next_step=f"unset {KEY_LOG}, or name a file that can be written",
        )
    return ConfigurationError(
        f"the CA file {ca_file} cannot be read: {error}", next_step="is the platform that wrote it still up?"
    )


def _place(url: httpx.URL) -> tuple[str, int]:
    return url.host, url.port or _DEFAULT_PORTS[url.scheme]


def _names(server: str) -> NameServer:
    from gates.adapters.services.name_server import NameServer  # noqa: PLC0415 - only these pay for dnspython

    return NameServer(server)
