"""What a producer is pointed at."""

from __future__ import annotations

from dataclasses import dataclass

from gates.model.access import OPEN, Access
from gates.model.criterion import FAILED_CHECKS, Bands, Comparator, Stage
from gates.model.platform import EXPECTED_LOAD, Impact


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTarget:
    """One service under test: base URL of the candidate, and what should answer there."""

    name: str
    base_url: str
    revision: str
    digest: str
    last_go: str | None = None
    """The newest other revision that had a GO; None before the first release."""
    audience: str = ""
    """What an ID token of a caller is meant for; empty when everybody may call the service."""
    ingress: str = OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A criterion as a producer needs to know it.

    The limits are here for a producer that compares two sets of them, say those of live alerts with the
    catalogue's; what is measured is compared by the gate alone.
    """

    criterion: str
    services: tuple[str, ...]
    blocks: bool = True
    """Whether its failure stops a release."""
    comparator: Comparator = Comparator.EQ
    threshold: float = 0.0
    unit: str = FAILED_CHECKS
    bands: Bands | None = None
    minimum_samples: int = 1
    max_age_s: float = 86_400.0
    stages: tuple[Stage, ...] = ()
    """When it is judged: a run of one of them makes the record that is missing."""
    limits: tuple[tuple[str, float], ...] = ()
    """Further numbers of the criterion, by name."""

    def limit(self, name: str) -> float:
        """Return one of the criterion's limits.

        Raises:
            KeyError: its document does not have it.
        """
        return dict(self.limits)[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """All that a producer may know of the platform: plain values, no secret.

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
    accepted: tuple[str, ...] = ()
    """Identities whose secrets, exactly as they are now, were accepted here before."""
    addresses: tuple[tuple[str, str], ...] = ()
    ca_file: str | None = None
    dns: str | None = None
    resolvers: tuple[str, ...] = ()
    """Further name servers ("ip:port") that must know the public hosts as well."""
    run_grpc: str | None = None
    monitoring_grpc: str | None = None
    apis_grpc: str | None = None
    sql_admin: str | None = None
    metrics_delay_s: float = 180.0
    """After so many seconds a sample is visible in Cloud Monitoring."""
    extended_s: float = 3_600.0
    """How long a release must have served before its extended window can be judged."""
    long_term_s: float = 86_400.0
    scale_in_s: float = 900.0
    """How long an instance may stay after its last request."""
    expected_load: float = EXPECTED_LOAD
    """Requests per second that the platform's entrance must carry here."""
    entrance: str | None = None
    """The service that the load of the whole platform is sent to."""
    issuer: str | None = None
    """The service that signs users in."""

    def demand(self, criterion: str) -> Demand:
        """Return what a criterion demands.

        Raises:
            KeyError: the catalogue has no such criterion.
        """
        for demand in self.demands:
            if demand.criterion == criterion:
                return demand
        raise KeyError(criterion)

    def cloud_run_name(self, service: str) -> str:
        """Return the name of `service` in the cloud."""
        return self.service_name.format(service=service)

    def access(self, service: ServiceTarget) -> Access:
        """Return how a service is called."""
        return Access(
            name=self.cloud_run_name(service.name),
            project=self.project,
            region=self.region,
            audience=service.audience,
            ingress=service.ingress,
        )

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
