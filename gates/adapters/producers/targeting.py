"""Points producers at a release: which URL, which revision, which names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from gates.adapters import secrets
from gates.adapters.documents import codec
from gates.adapters.machine.clock import SystemClock
from gates.criteria.catalogue import causes_first
from gates.decision.candidates import ServiceView, find_release
from gates.errors import ConfigurationError
from gates.model.criterion import Catalogue, Criterion
from gates.model.identity import Identity
from gates.model.platform import Endpoints, Environment, Platform
from gates.model.release import Release, ServiceRelease
from gates.model.state import ServiceState
from gates.model.target import Demand, ServiceTarget, Target


def make_target(
    catalogue: Catalogue,
    environment: Environment,
    release: Release,
    views: Sequence[ServiceView],
    platform: Platform,
) -> Target:
    """Return the target of a release: where its services answer, resolved once for every process of a run.

    Raises:
        ConfigurationError: a name of the platform cannot be resolved.
    """
    from gates.adapters.services.network import Network  # noqa: PLC0415 - a frozen target resolves nothing

    seen = {view.state.service: view for view in views}
    audiences = _audiences(environment, views)
    services = tuple(
        _service(entry, seen[entry.service], audiences.get(entry.service, "")) for entry in release.services
    )
    public = tuple((service, f"https://{host}") for service, host in environment.public_hosts)
    endpoints = environment.endpoints
    urls = [service.base_url for service in services] + [url for _, url in public]
    urls += [url.replace("https://", "http://", 1) for url in urls]
    return Target(
        environment=environment.name,
        fingerprint=release.fingerprint,
        project=environment.project,
        region=environment.region,
        service_name=environment.service_name,
        services=services,
        public_urls=public,
        allowed_impacts=environment.allowed_impacts,
        demands=tuple(_demand(criterion) for criterion in causes_first(catalogue.criteria)),
        identities=environment.identities,
        addresses=Network(endpoints).addresses(urls),
        ca_file=endpoints.ca_file,
        dns=endpoints.dns,
        resolvers=endpoints.resolvers,
        run_grpc=endpoints.run_grpc,
        monitoring_grpc=endpoints.monitoring_grpc,
        apis_grpc=endpoints.apis_grpc,
        sql_admin=endpoints.sql_admin,
        metrics_delay_s=endpoints.metrics_delay_s,
        extended_s=environment.observation.extended.total_seconds(),
        long_term_s=environment.observation.long_term.total_seconds(),
        scale_in_s=environment.observation.scale_in.total_seconds(),
        expected_load=environment.expected_load,
        entrance=platform.load_entrance,
        issuer=platform.sign_in.service if platform.sign_in else None,
    )


def _audiences(environment: Environment, views: Sequence[ServiceView]) -> dict[str, str]:
    """Return what the tokens of callers must be meant for, for each service that asks for one."""
    asking = {view.state.service: view.state for view in views if view.state.audience}
    if not asking:
        return {}
    from gates.adapters.google.cloud_run import CloudRun  # noqa: PLC0415 - a frozen target needs no cloud client

    cloud = CloudRun(environment, SystemClock())
    try:
        with ThreadPoolExecutor(max_workers=len(asking)) as pool:
            return dict(zip(asking, pool.map(cloud.audience, asking.values()), strict=True))
    finally:
        cloud.close()


def _service(entry: ServiceRelease, view: ServiceView, audience: str) -> ServiceTarget:
    return ServiceTarget(
        name=entry.service,
        base_url=view.state.uri_of(entry.candidate.name),
        revision=entry.candidate.name,
        digest=entry.candidate.digest,
        last_go=_last_go(view, entry.candidate.name),
        audience=audience,
        ingress=view.state.ingress,
    )


def _demand(criterion: Criterion) -> Demand:
    return Demand(
        criterion=criterion.id,
        services=criterion.services,
        blocks=criterion.severity.blocks,
        comparator=criterion.comparator,
        threshold=criterion.threshold,
        unit=criterion.unit,
        bands=criterion.bands,
        minimum_samples=criterion.minimum_samples,
        max_age_s=criterion.max_age.total_seconds(),
        stages=criterion.stages,
        limits=criterion.limits,
    )


def _last_go(view: ServiceView, candidate: str) -> str | None:
    return next((revision.name for revision in view.verified if revision.name != candidate), None)


def find_target(folder: Path, environment_name: str) -> Target:
    """Return the target that an environment offers now: the newest ready revision of each service.

    For producers that are run by hand; the gate freezes its own target for the whole run.

    Raises:
        GateError: the environment is unknown, not up, or cannot be read.
    """
    from gates.adapters.documents.documents import (  # noqa: PLC0415 - nor documents
        load_catalogue,
        load_environment,
        load_platform,
    )
    from gates.adapters.google.cloud_run import CloudRun  # noqa: PLC0415 - a frozen target needs no cloud client
    from gates.adapters.ledger.sqlite_ledger import SqliteLedger  # noqa: PLC0415
    from gates.adapters.machine.settings import ledger_path  # noqa: PLC0415
    from gates.adapters.producers.known_credentials import KnownCredentials  # noqa: PLC0415 - nor the ledger

    platform = load_platform(folder)
    environment = load_environment(folder, environment_name, platform)
    cloud = CloudRun(environment, SystemClock())
    try:
        views = [
            ServiceView(
                state=cloud.describe(name),
                revisions=cloud.revisions(name),
                verified=(),
                quarantined=frozenset(),
            )
            for name in platform.service_names
        ]
    finally:
        cloud.close()
    found = find_release(
        views, platform.services, release_id="by-hand", environment=environment.name, wanted={}
    )
    accepted = KnownCredentials(SqliteLedger(ledger_path()), environment, SystemClock()).accepted()
    target = make_target(load_catalogue(folder, platform), environment, found.release, views, platform)
    return replace(target, accepted=accepted)


@contextmanager
def reader(target: Target) -> Iterator[Callable[[str], ServiceState]]:
    """Give a function that asks the cloud's API about a service of the target."""
    from gates.adapters.google.cloud_run import CloudRun  # noqa: PLC0415 - few producers need the cloud's client

    cloud = CloudRun(
        Environment(
            name=target.environment,
            project=target.project,
            region=target.region,
            service_name=target.service_name,
            public_hosts=(),
            allowed_impacts=(),
            is_protected=True,
            endpoints=Endpoints(run_grpc=target.run_grpc),
        ),
        SystemClock(),
    )
    try:
        yield cloud.describe
    finally:
        cloud.close()


def target_to_json(target: Target) -> str:
    """Return the target as a document; it holds no secret."""
    return codec.canonical(codec.encode(target)).decode()


def target_from_json(text: str) -> Target:
    """Return the target that a document holds.

    Raises:
        DocumentError: the document is not a target.
    """
    return codec.decode(Target, text, source="target.json")


def identity_of(target: Target, name: str) -> Identity:
    """Return a test identity with its secrets.

    Raises:
        ConfigurationError: the environment does not have it, or its secret is not there or incomplete.
    """
    reference = dict(target.identities).get(name)
    if reference is None:
        known = ", ".join(sorted(dict(target.identities))) or "none"
        raise ConfigurationError(f"{target.environment} has no identity {name}", next_step=f"it has: {known}")
    found = _identity(name, reference, secrets.resolve(reference, endpoint=target.apis_grpc))
    return replace(found, was_accepted=name in target.accepted)


def secret_of(target: Target, name: str) -> dict[str, object]:
    """Return what an identity's reference leads to, as it is: for secrets other than a user's (a key).

    Raises:
        ConfigurationError: the environment does not have it, or the secret is not there.
    """
    reference = dict(target.identities).get(name)
    if reference is None:
        raise ConfigurationError(f"{target.environment} has no identity {name}")
    return secrets.resolve(reference, endpoint=target.apis_grpc)


def _identity(name: str, reference: str, entry: Mapping[str, object]) -> Identity:
    missing = [key for key in ("username", "password", "tenant") if not isinstance(entry.get(key), str)]
    if missing:
        raise ConfigurationError(f"the secret {reference} lacks {', '.join(missing)}")
    roles = entry.get("roles", ())
    return Identity(
        name=name,
        username=str(entry["username"]),
        password=str(entry["password"]),
        totp_secret=str(entry.get("totp_secret") or ""),
        tenant=str(entry["tenant"]),
        roles=tuple(str(role) for role in roles) if isinstance(roles, list) else (),
    )
