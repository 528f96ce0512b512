"""`environments/<name>.yaml`: where the platform runs, and what a check may do there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gates.adapters.documents.document_parts import document, keys, part
from gates.adapters.documents.document_problems import Problem
from gates.adapters.documents.document_rules import Resolver
from gates.adapters.documents.document_types import Text
from gates.adapters.documents.yaml_source import Source
from gates.adapters.machine import settings
from gates.errors import ConfigurationError
from gates.model.documentation import Documentation
from gates.model.likeness import meant
from gates.model.platform import Endpoints, Environment, Platform

ENVIRONMENT = document(
    "Environment",
    keys(Environment, without=("name", "digest", "endpoints", "documentation"))
    | keys(Documentation)
    | {"endpoints": (part({"file": (Text, ...)}), None), "resolvers": (tuple[Resolver, ...], None)},
)
Spec = Mapping[str, Any]
"""What an environment's document says, by field."""


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
    record_keys_file: str | None = None
    https_port: Annotated[int, Field(ge=1, le=65535)]
    http_port: Annotated[int, Field(ge=1, le=65535)]
    metrics_delay_s: Annotated[float, Field(ge=0, le=3600)] = 180.0
    project: str
    region: str


def environment_flaws(
    source: Source, spec: Spec, platform: Platform, names: Iterable[str]
) -> Iterator[Problem]:
    """Yield channels that the platform does not have, and records that could not count."""
    channels = tuple(channel.name for channel in platform.channels)
    for name, _ in spec.get("notifications", ()):
        if name not in channels:
            cause = f"unknown channel '{name}'{meant(name, channels)}"
            yield source.problem(("spec", "notifications", name), cause)
    if (qualifier := spec.get("qualified_by")) is None:
        return
    place, others = ("spec", "qualifiedBy"), [name for name in names if name != Path(source.path).stem]
    if qualifier not in others:
        yield source.problem(place, f"'{qualifier}' is not another environment{meant(qualifier, others)}")
    if not spec.get("record_keys"):
        yield source.problem(place, "recordKeys is missing: whose signature counts?")


def environment_value(
    name: str, spec: Spec, endpoints: Endpoints, *, digest: str, variables: Mapping[str, str]
) -> Environment:
    """Return the environment; a variable of `REPLACED` in `variables` replaces the path in the document."""
    outside = ("endpoints", "resolvers", *keys(Documentation))
    values = {field: value for field, value in spec.items() if field not in outside}
    documentation = {field: spec[field] for field in keys(Documentation) if field in spec}
    values |= {
        "identities": _placed(spec.get("identities", ()), variables),
        "notifications": _placed(spec.get("notifications", ()), {}),
        "standing": _path(spec.get("standing"), variables.get(settings.STANDING_FOLDER)),
        "signers": _path(spec.get("signers"), variables.get(settings.SIGNERS_FILE)),
        "record_keys": _path(spec.get("record_keys"), variables.get(settings.RECORD_KEYS_FILE)),
    }
    return Environment(
        name=name,
        endpoints=endpoints,
        documentation=Documentation(**documentation),
        digest=digest,
        **values,
    )


def _path(written: str | None, override: str | None) -> str | None:
    """Return a path of the document, or what replaces it; what the document does not name stays unnamed."""
    return str(settings.from_root(override or written)) if written else None


def _placed(secrets: Iterable[tuple[str, str]], variables: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the references of secrets with the paths of files below the project's root."""
    placed = []
    for name, reference in secrets:
        path, _, key = reference.removeprefix("file:").rpartition("#")
        file = f"file:{_path(path, variables.get(settings.IDENTITIES_FILE))}#{key}"
        placed.append((name, file if reference.startswith("file:") else reference))
    return tuple(placed)


REPLACED: Mapping[str, str] = {
    settings.IDENTITIES_FILE: "identities_file",
    settings.SIGNERS_FILE: "signers_file",
    settings.STANDING_FOLDER: "standing_folder",
    settings.RECORD_KEYS_FILE: "record_keys_file",
}
"""Variables that replace a path of the document, and where an endpoints file says the same."""


def located(spec: Spec, variables: Mapping[str, str]) -> tuple[Endpoints, Mapping[str, str]]:
    """Return where the environment's APIs are, and the variables that replace paths of its document.

    The APIs are the cloud's own unless the document names an endpoints file. GATE_ENDPOINTS_FILE is enough to
    work with another local platform: what its file says of its own paths counts where no variable is set.

    Raises:
        ConfigurationError: the file is missing, cannot be read, or is about another project or region.
    """
    resolvers = spec.get("resolvers", ())
    if "endpoints" not in spec:
        return Endpoints(resolvers=resolvers), variables
    path = settings.from_root(variables.get(settings.ENDPOINTS_FILE) or spec["endpoints"]["file"])
    found = _endpoints_file(path, spec)
    if variables.get(settings.ENDPOINTS_FILE):
        said = {name: place for name, field in REPLACED.items() if (place := getattr(found, field))}
        variables = said | {name: value for name, value in variables.items() if value}
    endpoints = Endpoints(
        run_grpc=found.admin_grpc,
        monitoring_grpc=found.monitoring_grpc,
        apis_grpc=found.apis_grpc,
        sql_admin=found.sql_admin,
        ca_file=found.ca_file,
        dns=found.dns,
        metrics_delay_s=found.metrics_delay_s,
        resolvers=found.resolvers or resolvers,
        ports=((443, found.https_port), (80, found.http_port)),
        file=str(path.absolute()),
    )
    return endpoints, variables


def _endpoints_file(path: Path, spec: Spec) -> EndpointsFile:
    start = "start it with `python -m sandbox up`, or set GATE_ENDPOINTS_FILE to the file of one that runs"
    try:
        found = EndpointsFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: no endpoints, {error.strerror}", next_step=start) from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"{path}: not an endpoints file: {wrong}", next_step=start) from error
    if (found.project, found.region) != (spec["project"], spec["region"]):
        wanted = f"{spec['project']} in {spec['region']}"
        raise ConfigurationError(
            f"{path} is about {found.project} in {found.region}, wanted {wanted}", next_step=start
        )
    return found
