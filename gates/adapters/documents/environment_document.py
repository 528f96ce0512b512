"""`environments/<name>.yaml`: where the platform runs, and what a check may do there."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from gates.adapters.documents.document_problems import Problem
from gates.adapters.documents.document_types import (
    Duration,
    Envelope,
    Filled,
    Service,
    Strict,
    Text,
    Word,
    shaped,
)
from gates.adapters.documents.platform_document import (
    ContactPart,
    LinkPart,
    OwnershipPart,
    repeated,
)
from gates.adapters.documents.yaml_source import Source
from gates.adapters.machine.settings import from_root
from gates.errors import ConfigurationError
from gates.model.likeness import meant
from gates.model.platform import (
    EXPECTED_LOAD,
    Contact,
    Documentation,
    DocumentOwnership,
    Endpoints,
    Environment,
    Impact,
    Link,
    Observation,
    Platform,
)

ENDPOINTS = "GATE_ENDPOINTS_FILE"
"""Variable that replaces the path of the endpoints file."""
_SECRET_REFERENCE = re.compile(
    r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^#]+#[^#]+|secret:projects/[^/]+/secrets/[^/]+/versions/[1-9][0-9]*"
)


def _service_template(text: str) -> str:
    try:
        fields = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        fields = []
    if fields != ["service"]:
        raise PydanticCustomError("template", "a service name has the one field {service}")
    return text


def _secret_reference(text: str) -> str:
    if _SECRET_REFERENCE.fullmatch(text) is None:
        raise PydanticCustomError(
            "reference",
            "a secret is named as env:NAME, file:PATH#KEY or secret:projects/P/secrets/S/versions/N",
        )
    return text


class IdentityPart(Strict):
    """Where an identity's secret is; never the secret."""

    secret_ref: Annotated[str, AfterValidator(_secret_reference)]


class ObservationPart(Strict):
    """How long a release serves before a stage can judge its service levels."""

    extended: Duration = timedelta(hours=1)
    long_term: Duration = timedelta(hours=24)
    scale_in: Duration = timedelta(minutes=15)


Resolver = Annotated[str, shaped(r"^[0-9a-fA-F.:]+:[0-9]{1,5}$", "8.8.8.8:53")]
"""Address and port of a name server."""


class EndpointsPart(Strict):
    """The file in which a local platform says where its own APIs are."""

    file: Text


class EnvironmentPart(Strict):
    """The `spec` of an environment."""

    project: Text
    region: Text
    service_name: Annotated[str, AfterValidator(_service_template)]
    public_hosts: dict[Service, Annotated[str, shaped(r"^[a-z0-9.-]+$", "api.example.com")]]
    protected: bool
    allowed_impacts: Annotated[tuple[Impact, ...], Filled]
    standing_authority: Text | None = None
    identities: Annotated[dict[str, IdentityPart], Field(default_factory=dict)]
    notifications: Annotated[dict[str, IdentityPart], Field(default_factory=dict)]
    endpoints: EndpointsPart | None = None
    signers: Text | None = None
    observation: Annotated[ObservationPart, Field(default_factory=ObservationPart)]
    expected_load: Annotated[float, Field(ge=1, le=100_000)] = EXPECTED_LOAD
    scans: Text | None = None
    rehearsal: Word | None = None
    contacts: tuple[ContactPart, ...] = ()
    links: tuple[LinkPart, ...] = ()
    document_ownership: OwnershipPart | None = None
    database: Text | None = None
    image_repository: Text | None = None
    maintenance_image: Text | None = None
    resolvers: tuple[Resolver, ...] = ()


class EnvironmentDocument(Envelope):
    """environments/<name>.yaml."""

    kind: Literal["Environment"]
    spec: EnvironmentPart


class EndpointsFile(BaseModel):
    """What a running local platform wrote about itself; it may say more than the gate needs."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    admin_grpc: str
    monitoring_grpc: str
    apis_grpc: str
    sql_admin: str
    ca_file: str
    dns: str
    resolvers: tuple[Resolver, ...] = ()
    identities_file: str | None = None
    signers_file: str | None = None
    standing_folder: str | None = None
    https_port: Annotated[int, Field(ge=1, le=65535)]
    http_port: Annotated[int, Field(ge=1, le=65535)]
    metrics_delay_s: Annotated[float, Field(ge=0, le=3600)] = 180.0
    project: str
    region: str


def environment_flaws(source: Source, part: EnvironmentPart, platform: Platform) -> list[Problem]:
    """Return impacts listed twice and channels that the platform does not have."""
    flaws = repeated(source, ("spec", "allowedImpacts"), part.allowed_impacts)
    channels = tuple(channel.name for channel in platform.channels)
    flaws += [
        source.problem(("spec", "notifications", name), f"unknown channel '{name}'{meant(name, channels)}")
        for name in part.notifications
        if name not in channels
    ]
    return flaws


def environment_value(
    name: str, part: EnvironmentPart, endpoints: Endpoints, *, digest: str, variables: Mapping[str, str]
) -> Environment:
    """Return the environment; a variable of `REPLACED` in `variables` replaces the path in the document."""
    document_ownership = part.document_ownership
    documentation = Documentation(
        contacts=tuple(Contact(**dict(entry)) for entry in part.contacts),
        links=tuple(Link(**dict(entry)) for entry in part.links),
        document_ownership=None
        if document_ownership is None
        else DocumentOwnership(**dict(document_ownership)),
    )
    return Environment(
        name=name,
        documentation=documentation,
        scans=part.scans,
        rehearsal=part.rehearsal,
        project=part.project,
        region=part.region,
        service_name=part.service_name,
        public_hosts=tuple(part.public_hosts.items()),
        allowed_impacts=part.allowed_impacts,
        is_protected=part.protected,
        identities=tuple(
            (identity, _placed(entry.secret_ref, variables)) for identity, entry in part.identities.items()
        ),
        notifications=tuple(
            (channel, _placed(entry.secret_ref, {})) for channel, entry in part.notifications.items()
        ),
        standing=_path(part.standing_authority, variables.get("GATE_STANDING_FOLDER")),
        endpoints=endpoints,
        observation=Observation(**dict(part.observation)),
        expected_load=part.expected_load,
        database=part.database,
        image_repository=part.image_repository,
        maintenance_image=part.maintenance_image,
        digest=digest,
        signers=_path(part.signers, variables.get("GATE_SIGNERS_FILE")),
    )


def _path(written: str | None, override: str | None) -> str | None:
    """Return a path of the document, or what replaces it; what the document does not name stays unnamed."""
    return str(from_root(override or written)) if written else None


def _placed(reference: str, variables: Mapping[str, str]) -> str:
    if not reference.startswith("file:"):
        return reference
    path, _, key = reference.removeprefix("file:").rpartition("#")
    return f"file:{_path(path, variables.get('GATE_IDENTITIES_FILE'))}#{key}"


REPLACED: Mapping[str, str] = {
    "GATE_IDENTITIES_FILE": "identities_file",
    "GATE_SIGNERS_FILE": "signers_file",
    "GATE_STANDING_FOLDER": "standing_folder",
}
"""Variables that replace a path of the document, and where an endpoints file says the same."""


def with_named_places(part: EnvironmentPart, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables, completed by what the file in GATE_ENDPOINTS_FILE says of its own platform.

    One variable is enough to work with another local platform than the document's; one that is set all the
    same counts more.

    Raises:
        ConfigurationError: the file is missing, cannot be read, or is about another project or region.
    """
    if part.endpoints is None or not variables.get(ENDPOINTS):
        return dict(variables)
    found = _endpoints_file(part.endpoints, part, variables)
    said = {name: getattr(found, field) for name, field in REPLACED.items()}
    return {name: path for name, path in said.items() if path} | {k: v for k, v in variables.items() if v}


def read_endpoints(part: EnvironmentPart, variables: Mapping[str, str]) -> Endpoints:
    """Return where the environment's APIs are: the cloud's own, or what its endpoints file says.

    Raises:
        ConfigurationError: the file is missing, cannot be read, or is about another project or region.
    """
    if part.endpoints is None:
        return Endpoints(resolvers=part.resolvers)
    found = _endpoints_file(part.endpoints, part, variables)
    return Endpoints(
        run_grpc=found.admin_grpc,
        monitoring_grpc=found.monitoring_grpc,
        apis_grpc=found.apis_grpc,
        sql_admin=found.sql_admin,
        ca_file=found.ca_file,
        dns=found.dns,
        metrics_delay_s=found.metrics_delay_s,
        resolvers=found.resolvers or part.resolvers,
        ports=((443, found.https_port), (80, found.http_port)),
        file=str(_endpoints_path(part.endpoints, variables).absolute()),
    )


def _endpoints_path(named: EndpointsPart, variables: Mapping[str, str]) -> Path:
    return from_root(variables.get(ENDPOINTS) or named.file)


def _endpoints_file(
    named: EndpointsPart, part: EnvironmentPart, variables: Mapping[str, str]
) -> EndpointsFile:
    path = _endpoints_path(named, variables)
    start = "start it with `python -m sandbox up`, or set GATE_ENDPOINTS_FILE to the file of one that runs"
    try:
        found = EndpointsFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: no endpoints, {error.strerror}", next_step=start) from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"{path}: not an endpoints file: {wrong}", next_step=start) from error
    if (found.project, found.region) != (part.project, part.region):
        raise ConfigurationError(
            f"{path} is about {found.project} in {found.region}, wanted {part.project} in {part.region}",
            next_step=start,
        )
    return found
