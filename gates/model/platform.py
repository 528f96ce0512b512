"""The platform and the environments that it runs in, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from gates.model.criterion import Priority


class Impact(StrEnum):
    """What a check does to the platform that it looks at."""

    READ_ONLY = "read-only"
    CREATES_DATA = "creates-data"
    NOISY = "noisy"
    DISRUPTIVE = "disruptive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """Recovery objectives of a class of services."""

    name: str
    rto: timedelta
    rpo: timedelta
    strategy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """One service: `depends_on` names the services whose rollback must come after this one's."""

    name: str
    title: str
    tier: str
    depends_on: tuple[str, ...] = ()
    has_openapi: bool = True
    is_public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """One row of the rollback decision matrix."""

    priority: Priority
    response_time: timedelta | None
    rollback_type: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingAuthority:
    """A pre-authorisation that makes the rollback of one priority automatic until it expires."""

    priority: Priority
    granted_by: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """All services, tiers, the decision matrix, and who holds which role."""

    name: str
    services: tuple[ServiceSpec, ...]
    tiers: tuple[Tier, ...]
    matrix: tuple[MatrixRow, ...]
    roles: tuple[str, ...]
    digest: str

    @property
    def service_names(self) -> tuple[str, ...]:
        """Names of all services, in the platform file's order."""
        return tuple(service.name for service in self.services)

    def service(self, name: str) -> ServiceSpec | None:
        """Return the service with that name, or None."""
        return next((service for service in self.services if service.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the cloud's own APIs are; None means the real ones with the default credentials.

    `addresses` maps "host:port" to "ip:port" for names that public DNS does not know.
    """

    run_grpc: str | None = None
    monitoring_grpc: str | None = None
    ca_file: str | None = None
    dns: str | None = None
    ports: tuple[tuple[int, int], ...] = ()
    """Pairs (port in a URL, port that listens) of a front door that cannot have 443 and 80."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One place where the platform runs; production, staging and the sandbox differ in this alone.

    `service_name` and `service_host` are templates with `{service}`. `identities` maps an identity to the
    reference of its secret (`env:NAME` or `file:PATH#KEY`), never to the secret.
    """

    name: str
    project: str
    region: str
    service_name: str
    public_hosts: tuple[tuple[str, str], ...]
    """Pairs (service, public host name)."""
    allowed_impacts: tuple[Impact, ...]
    is_protected: bool
    identities: tuple[tuple[str, str], ...] = ()
    standing: tuple[StandingAuthority, ...] = ()
    endpoints: Endpoints = field(default_factory=Endpoints)
    digest: str = ""

    def cloud_run_name(self, service: str) -> str:
        """Return the Cloud Run name of `service` here."""
        return self.service_name.format(service=service)
