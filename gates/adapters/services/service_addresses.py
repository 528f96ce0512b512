"""Where the services answer, remembered from one command to the next: URLs, and addresses of their hosts.

A Cloud Run service keeps its URL for as long as it exists, and asking for all of them costs more than asking
the services themselves. So addresses are remembered for a day; one that does not lead to the service is asked
for again, and a platform whose Cloud Run API is out of order can still be looked at. What the environment's
name server said of a host is remembered for as long as it said itself.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from gates.adapters.machine.personal_files import PersonalFiles
from gates.adapters.services.network import Hosts
from gates.model.platform import Environment

_GOOD_FOR_S = 86_400.0


class ServiceAddresses:
    """Gives the URL of a service; `ask` asks the cloud for it."""

    def __init__(self, environment: Environment, ask: Callable[[str], str], files: PersonalFiles) -> None:
        place = environment
        parts = (place.name, place.project, place.region, place.service_name, repr(place.endpoints))
        self._name = f"addresses-{place.name}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}"
        self._ask = ask
        self._files = files
        self._known: dict[str, str] = {}
        kept = files.read(self._name)
        self._old: dict[str, str] = _kept(kept)
        self.hosts = _hosts(kept)
        self._old_hosts = dict(self.hosts)

    def of(self, service: str) -> str:
        """Return the service's URL, remembered or asked for.

        Raises:
            CloudError: the cloud does not say.
        """
        return self._known.get(service) or self._old.get(service) or self.command(service)

    def is_remembered(self, service: str) -> bool:
        """Whether the URL comes from an earlier command and was not asked for since."""
        return service not in self._known and service in self._old

    def command(self, service: str) -> str:
        """Ask the cloud for the service's URL and return it.

        Raises:
            CloudError: the cloud does not say.
        """
        self._known[service] = self._ask(service).rstrip("/")
        return self._known[service]

    def keep(self) -> None:
        """Remember what was asked for."""
        if self._known or self.hosts != self._old_hosts:
            kept = self._files.read(self._name)
            at = time.time() if self._known else kept.get("at")
            urls = {**_kept(kept), **self._known}
            self._files.write(self._name, {"at": at, "urls": urls, "hosts": {**_hosts(kept), **self.hosts}})


def _kept(entry: dict[str, Any]) -> dict[str, str]:
    """Return the URLs that may still be used."""
    at, urls = entry.get("at"), entry.get("urls")
    if not isinstance(at, int | float) or not 0 <= time.time() - at < _GOOD_FOR_S:
        return {}
    found = urls.items() if isinstance(urls, dict) else ()
    return {str(name): url for name, url in found if isinstance(url, str) and url.startswith("http")}


def _hosts(entry: dict[str, Any]) -> Hosts:
    """Return the addresses of hosts that are still good."""
    found, hosts = entry.get("hosts"), Hosts()
    for host, said in found.items() if isinstance(found, dict) else ():
        match said:
            case [str() as address, int() | float() as until] if 0 < until - time.time() < _GOOD_FOR_S:
                hosts[host] = address, until
    return hosts
