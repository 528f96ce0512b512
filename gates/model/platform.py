"""The platform and the environments that it runs in, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from gates.model.criterion import FailureAction, Priority, Severity
from gates.model.documentation import Channel, Contact, Documentation, DocumentOwnership, Link
from gates.model.rollback_policy import RollbackPolicy
from gates.model.service_contract import CircuitBreakers, DataProbe, HealthPaths, SignIn

EXPECTED_LOAD = 100.0
"""Requests per second that an environment must carry unless its document says otherwise."""


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
    response_time: timedelta | None = None
    rollback_type: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """From `after` the incident's start on, this role acts."""

    after: timedelta
    action: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A signal of the guide's alert lists, and how urgent it is."""

    name: str
    priority: Priority
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """When planned work is done each week, in UTC; Monday is weekday 0."""

    weekday: int = 6
    hour: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class InfrastructureLimits:
    """The highest values that are fine: shares of processor, memory and disk, and the network's latency."""

    cpu: float = 0.80
    memory: float = 0.85
    disk: float = 0.80
    network_ms: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPolicy:
    """When other bounds of a service fit better than its own.

    From the share `crowded_from` of its maximum on, the maximum is raised to `headroom` times the highest
    number of instances. Services of `warm_tiers` always keep an instance.
    """

    crowded_from: float = 0.8
    headroom: float = 1.5
    warm_tiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The consequences of a failure whose criterion does not state its own.

    `severity_priorities` are pairs (severity, priority of its failure), `failure_actions` pairs
    (category, action).
    A failure at `rollback_from` or worse turns "investigate" and "scale" into a rollback; "hold" stays.
    `approvals` are the roles that must all sign before go-live; `release_independent` names the
    criteria whose attestation holds for every release.
    """

    severity_priorities: tuple[tuple[Severity, Priority], ...] = ()
    failure_actions: tuple[tuple[str, FailureAction], ...] = ()
    rollback_from: Priority | None = None
    escalation: tuple[EscalationStep, ...] = ()
    alerts: tuple[Alert, ...] = ()
    approvals: tuple[str, ...] = ()
    release_independent: tuple[str, ...] = ()
    rollback: RollbackPolicy = field(default_factory=RollbackPolicy)
    maintenance_window: MaintenanceWindow = field(default_factory=MaintenanceWindow)
    scale_to: int = 5
    """So many instances at least when a decision says scale (guide: high latency, --min-instances=5)."""
    infrastructure_limits: InfrastructureLimits = field(default_factory=InfrastructureLimits)
    scaling: ScalingPolicy = field(default_factory=ScalingPolicy)
    drill_max_age: timedelta = timedelta(days=90)
    """A recorded drill that is older shows nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """All services and how they are asked, tiers, the decision matrix, and who holds which role."""

    name: str
    services: tuple[ServiceSpec, ...]
    tiers: tuple[Tier, ...]
    matrix: tuple[MatrixRow, ...]
    roles: tuple[str, ...]
    digest: str
    policy: Policy = field(default_factory=Policy)
    contacts: tuple[Contact, ...] = ()
    channels: tuple[Channel, ...] = ()
    links: tuple[Link, ...] = ()
    document_ownership: DocumentOwnership | None = None
    health: HealthPaths = field(default_factory=HealthPaths)
    sign_in: SignIn | None = None
    circuits: CircuitBreakers | None = None
    load_entrance: str | None = None
    """The service that the load of a whole platform is sent to."""
    data_probe: DataProbe | None = None

    @property
    def service_names(self) -> tuple[str, ...]:
        """Names of all services, in the platform file's order."""
        return tuple(service.name for service in self.services)

    @property
    def witnesses(self) -> tuple[str, str]:
        """Identities whose sessions are marks; a platform without a sign-in has none."""
        return ("", "") if self.sign_in is None else self.sign_in.witnesses

    @property
    def asked_paths(self) -> tuple[str, ...]:
        """Paths that every service is asked for when the gate looks at its health."""
        health = self.health
        return (health.live, health.ready, health.version, *((self.circuits.path,) if self.circuits else ()))

    @property
    def public_names(self) -> tuple[str, ...]:
        """Names of the services at which users arrive, and get the maintenance page."""
        return tuple(service.name for service in self.services if service.is_public)

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
    apis_grpc: str | None = None
    """Every other Google API that speaks gRPC: logging, secrets, builds, images, projects."""
    sql_admin: str | None = None
    """Root URL of the Cloud SQL Admin API."""
    ca_file: str | None = None
    dns: str | None = None
    metrics_delay_s: float = 180.0
    """After so many seconds a sample is visible in Cloud Monitoring; 180 as Google documents it."""
    resolvers: tuple[str, ...] = ()
    """Further name servers, "ip:port", that the public hosts must be known to."""
    ports: tuple[tuple[int, int], ...] = ()
    """Pairs (port in a URL, port that listens) of a front door that cannot have 443 and 80."""
    file: str | None = None
    """The file in which a local platform says all this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """How long a release must have served before a stage can judge its service levels.

    `scale_in` is how long an instance may stay after its last request (Cloud Run: up to 15 minutes).
    """

    extended: timedelta = timedelta(hours=1)
    long_term: timedelta = timedelta(hours=24)
    scale_in: timedelta = timedelta(minutes=15)


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
    notifications: tuple[tuple[str, str], ...] = ()
    """Pairs (channel, reference of its secret): where notifications go."""
    standing: str | None = None
    """Folder of the signed standing authorities; None is that of all statements."""
    endpoints: Endpoints = field(default_factory=Endpoints)
    documentation: Documentation = field(default_factory=Documentation)
    """Contacts, links and documentOwnership where they differ from the platform's."""
    scans: str | None = None
    """Folder of the scanners' reports; None is `reports/scans`."""
    rehearsal: str | None = None
    """Environment in which releases are rehearsed; None is this one."""
    signers: str | None = None
    """File that says who may sign here; None is the platform's own `allowed_signers`."""
    observation: Observation = field(default_factory=Observation)
    expected_load: float = EXPECTED_LOAD
    """Requests per second that the platform's entrance must carry here."""
    database: str | None = None
    """Name of the Cloud SQL instance."""
    image_repository: str | None = None
    """Name of the docker repository in Artifact Registry."""
    maintenance_image: str | None = None
    """Container image that answers every request with 503 and Retry-After."""
    qualified_by: str | None = None
    """Environment whose signed records answer the checks that this one does not allow."""
    record_keys: str | None = None
    """File of the public keys that may sign those records."""
    records: str | None = None
    """Folder or URL where this environment's records are kept; None is `records` in the reports' folder."""
    sign_with: str | None = None
    """Reference of the key that signs this environment's records; None writes none."""
    digest: str = ""

    def cloud_run_name(self, service: str) -> str:
        """Return the Cloud Run name of `service` here."""
        return self.service_name.format(service=service)
