"""What a producer is pointed at."""

from __future__ import annotations

from dataclasses import dataclass

from gates.model.platform import Impact


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTarget:
    """One service under test: base URL of the candidate, and what should answer there."""

    name: str
    base_url: str
    revision: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A criterion as a producer needs to know it: id, services, and whether its failure stops a release."""

    criterion: str
    services: tuple[str, ...]
    blocks: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """All that a producer may know of the world: plain values, no secret.

    `addresses` are pairs ("host:port", "ip:port") for names that public DNS does not know: a client connects
    to the second and says the first in SNI and Host. `public_urls` are pairs (service, public URL).
    """

    environment: str
    fingerprint: str
    """The digest of the whole release under test; binds platform-wide evidence to it."""
    project: str
    region: str
    service_name: str
    """Template of the services' names in the cloud, with `{service}`."""
    services: tuple[ServiceTarget, ...]
    public_urls: tuple[tuple[str, str], ...]
    allowed_impacts: tuple[Impact, ...]
    demands: tuple[Demand, ...]
    """Every criterion of the catalogue, causes before what they imply: a producer cannot name another."""
    identities: tuple[tuple[str, str], ...] = ()
    """Pairs (identity, reference of its secret); never the secret."""
    addresses: tuple[tuple[str, str], ...] = ()
    ca_file: str | None = None
    dns: str | None = None
    run_grpc: str | None = None
    monitoring_grpc: str | None = None
    apis_grpc: str | None = None
    sql_admin: str | None = None

    def service(self, name: str) -> ServiceTarget:
        """Return the service with that name.

        Raises:
            KeyError: no service has that name.
        """
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)

    def public_url(self, service: str) -> str:
        """Return the public URL of `service`, or its own URL when it has none."""
        return dict(self.public_urls).get(service) or self.service(service).base_url
