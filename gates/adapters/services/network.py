"""Names, addresses, and HTTP clients that find a platform which public DNS does not know.

Where an environment brings its own DNS server and its own ports, a client connects to the address found there
and still says the real name in SNI and Host, so certificates and routing are checked as they are outside.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gates.adapters.machine.way_out import KEY_LOG
from gates.errors import ConfigurationError
from gates.model.platform import Endpoints

if TYPE_CHECKING:
    import httpx

    from gates.adapters.services.name_server import NameServer

_DEFAULT_PORTS = {"https": 443, "http": 80}
_REQUEST_SECONDS = 10.0


Hosts = dict[str, tuple[str, float]]
"""The address of each host, and until when it is good: seconds of the epoch."""


class Network:
    """Resolves names and builds HTTP clients for one environment; safe to use from several threads.

    `hosts` are answers of the environment's name server that are known already; new ones are added.
    """

    def __init__(self, endpoints: Endpoints, hosts: Hosts | None = None) -> None:
        self._ports = dict(endpoints.ports)
        self._ca_file = endpoints.ca_file
        self._dns = endpoints.dns
        self._names: NameServer | None = None
        self._hosts = {} if hosts is None else hosts
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def addresses(self, urls: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return pairs ("host:port", "ip:port") for the urls' names, each once; empty in the open internet.

        Raises:
            ConfigurationError: a name is unknown to the environment's DNS server.
            UnavailableError: that server does not answer.
        """
        if self._dns is None and not self._ports:
            return ()
        places = dict.fromkeys(map(place_of, urls))
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
        import httpx  # noqa: PLC0415 - a command that only asks for health does without it

        from gates.adapters.services.mapped_transport import MappedTransport  # noqa: PLC0415

        limits = httpx.Limits(max_keepalive_connections=None if is_kept_alive else 0)
        return httpx.Client(
            transport=MappedTransport(self.address, self.tls(), limits), timeout=seconds, trust_env=False
        )

    def tls(self) -> ssl.SSLContext:
        """Return the one context of this environment; reading a CA costs more than a request.

        Raises:
            ConfigurationError: the environment's CA cannot be read.
        """
        with self._lock:
            if self._context is None:
                try:
                    self._context = ssl.create_default_context(cafile=self._ca_file)
                except (OSError, ssl.SSLError) as error:
                    raise _no_context(self._ca_file, error) from error
            return self._context

    def _resolve(self, host: str) -> str:
        if self._dns is None:
            return host
        address, good_until = self._hosts.get(host, ("", 0.0))
        if time.time() >= good_until:
            with self._lock:
                self._names = self._names or _names(self._dns)
            address, _ = self._hosts[host] = self._names.address(host)
        return address


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


def place_of(url: str) -> tuple[str, int]:
    """Return the host and the port of a URL."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme]


def _names(server: str) -> NameServer:
    from gates.adapters.services.name_server import NameServer  # noqa: PLC0415 - only these pay for dnspython

    return NameServer(server)
