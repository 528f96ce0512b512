"""The name server that an environment brings along, for names that public DNS does not know."""

from __future__ import annotations

from urllib.parse import urlsplit

import dns.exception
import dns.resolver

from gates.errors import ConfigurationError, UnavailableError

_SECONDS = 5.0


class NameServer:
    """Asks only the server at host:port."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(f"//{server}")
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [parts.hostname or ""]
        self._resolver.port = parts.port or 53
        self._resolver.lifetime = _SECONDS

    def address(self, host: str) -> tuple[str, float]:
        """Return the IPv4 address of a host, and until when it is good: seconds of the epoch.

        Raises:
            ConfigurationError: the name is unknown to the server.
            UnavailableError: the server does not answer.
        """
        try:
            answer = self._resolver.resolve(host, "A")
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer) as error:
            raise ConfigurationError(
                f"{host} is unknown to the environment's DNS server",
                next_step="check the host names of the environment's document",
            ) from error
        except dns.exception.DNSException as error:
            raise UnavailableError(
                f"the environment's DNS server has no answer for {host}: {error}"
            ) from error
        return str(answer[0]), answer.expiration
