"""`platform.yaml`: what the platform is made of, and how its services are asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal

from gates.adapters.documents.document_problems import Problem
from gates.adapters.documents.document_types import (
    Duration,
    Envelope,
    Filled,
    Role,
    Service,
    Strict,
    Text,
    TierName,
    UrlPath,
    Word,
    shaped,
)
from gates.adapters.documents.yaml_source import Location, Plain, Source
from gates.model.likeness import meant
from gates.model.platform import (
    Channel,
    Contact,
    DocumentOwnership,
    Link,
    MatrixRow,
    Platform,
    Policy,
    ServiceSpec,
    Tier,
)
from gates.model.service_contract import (
    BYTE,
    RANDOM,
    CircuitBreakers,
    DataProbe,
    HealthPaths,
    ProbeRecord,
    SignIn,
    TokenFallback,
)


class ServicePart(Strict):
    """One service of the platform."""

    name: Word
    title: Text
    tier: TierName
    depends_on: tuple[Service, ...] = ()
    openapi: bool = True
    public: bool = False


class TierPart(Strict):
    """Recovery objectives of one tier."""

    name: Word
    rto: Duration
    rpo: Duration
    strategy: Text


class OwnershipPart(Strict):
    """Who keeps the documents and when they are reviewed."""

    owner: Role
    version: Text
    classification: Text
    next_review: date


class ContactPart(Strict):
    """Somebody to reach."""

    name: Text
    group: Literal["on-call", "escalation", "external"]
    phone: Text | None = None
    email: Text | None = None


class ChannelPart(Strict):
    """Where messages go."""

    name: Word
    address: Text


class LinkPart(Strict):
    """A page that people need."""

    name: Word
    url: Annotated[str, shaped(r"^https://\S+$", "https://status.example.com/")]


class HealthPart(Strict):
    """Paths that every service answers."""

    live: UrlPath = HealthPaths().live
    ready: UrlPath = HealthPaths().ready
    version: UrlPath = HealthPaths().version


class SignInPart(Strict):
    """Where and how the gate signs in."""

    service: Service
    operator: Word
    witnesses: tuple[Word, Word]
    password: UrlPath
    one_time_code: UrlPath
    sign_out: UrlPath
    who_am_i: UrlPath


class FallbackPart(Strict):
    """The service that remembers tokens."""

    service: Service
    path: UrlPath
    check: UrlPath


class CircuitsPart(Strict):
    """Where circuit breakers are read and closed."""

    path: UrlPath
    fallback: FallbackPart | None = None


class ProbeRecordPart(Strict):
    """A record that a restore drill writes."""

    service: Service
    path: UrlPath
    document: dict[str, str | tuple[str, ...] | bool | int]
    removable: bool = False


class DataProbePart(Strict):
    """What a restore drill leaves in the platform's data."""

    records: tuple[ProbeRecordPart, ...] = ()
    session: bool = False


class PlatformPart(Strict):
    """The `spec` of platform.yaml."""

    document_ownership: OwnershipPart
    services: Annotated[tuple[ServicePart, ...], Filled]
    tiers: Annotated[tuple[TierPart, ...], Filled]
    roles: Annotated[tuple[Word, ...], Filled]
    contacts: tuple[ContactPart, ...] = ()
    channels: tuple[ChannelPart, ...] = ()
    links: tuple[LinkPart, ...] = ()
    health: HealthPart = HealthPart()
    sign_in: SignInPart | None = None
    circuits: CircuitsPart | None = None
    load_entrance: Service | None = None
    data_probe: DataProbePart | None = None


class PlatformDocument(Envelope):
    """platform.yaml."""

    kind: Literal["Platform"]
    spec: PlatformPart


def declared(source: Source) -> dict[str, tuple[str, ...]]:
    """Return the services, tiers and roles that a platform's text declares, however wrong the rest."""
    spec = source.value.get("spec") if isinstance(source.value, dict) else None
    spec = spec if isinstance(spec, dict) else {}
    roles = spec.get("roles")
    return {
        "service": tuple(_names(spec.get("services"))),
        "tier": tuple(_names(spec.get("tiers"))),
        "role": tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else (),
    }


def _names(entries: Plain) -> Iterable[str]:
    for entry in entries if isinstance(entries, list) else ():
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(name, str):
            yield name


def platform_flaws(source: Source, part: PlatformPart) -> list[Problem]:
    """Return names that occur twice and a circle of dependencies."""
    named: Mapping[str, Iterable[str]] = {
        "services": (entry.name for entry in part.services),
        "tiers": (entry.name for entry in part.tiers),
        "roles": part.roles,
        "contacts": (entry.name for entry in part.contacts),
        "channels": (entry.name for entry in part.channels),
        "links": (entry.name for entry in part.links),
    }
    flaws = [flaw for key, names in named.items() for flaw in repeated(source, ("spec", key), names)]
    try:
        TopologicalSorter({entry.name: entry.depends_on for entry in part.services}).prepare()
    except CycleError as error:
        circle = f"a circle of dependencies: {' -> '.join(reversed(error.args[1]))}"
        flaws.append(source.problem(("spec", "services"), circle))
    return [*flaws, *_contract_flaws(source, part)]


def _contract_flaws(source: Source, part: PlatformPart) -> Iterable[Problem]:
    """Yield what of the service contract needs another part, and names in braces that have no value."""
    needs = {
        ("circuits", "fallback"): part.circuits is not None and part.circuits.fallback is not None,
        ("dataProbe", "session"): part.data_probe is not None and part.data_probe.session,
    }
    for (key, inner), is_there in needs.items():
        if is_there and part.sign_in is None:
            yield source.problem(("spec", key, inner), f"{key}: {inner} needs the key 'signIn'", of_key=True)
    if part.data_probe is None:
        return
    if not part.data_probe.records and not part.data_probe.session:
        yield source.problem(("spec", "dataProbe"), "a data probe writes records or a session", of_key=True)
    written: list[str] = [RANDOM, BYTE]
    for index, record in enumerate(part.data_probe.records):
        place: Location = ("spec", "dataProbe", "records", index)
        for name in sorted(_record(record).fields() - set(written)):
            cause = f"'{{{name}}}' is neither {RANDOM} nor {BYTE} nor a service of an earlier record"
            yield source.problem((*place, "document"), cause + meant(name, written), of_key=True)
        if record.service in written:
            yield source.problem((*place, "service"), f"'{record.service}' has an earlier record")
        written.append(record.service)


def repeated(source: Source, path: Location, names: Iterable[str]) -> list[Problem]:
    """Return a problem for every entry of the list at `path` whose name an earlier entry has."""
    seen: set[str] = set()
    flaws = []
    for index, name in enumerate(names):
        if name in seen:
            flaws.append(source.problem((*path, index), f"'{name}' is listed twice in {path[-1]}"))
        seen.add(name)
    return flaws


def platform_value(
    name: str, part: PlatformPart, matrix: tuple[MatrixRow, ...], policy: Policy, digest: str
) -> Platform:
    """Return the platform that the two documents describe."""
    return Platform(
        name=name,
        services=tuple(
            ServiceSpec(
                name=entry.name,
                title=entry.title,
                tier=entry.tier,
                depends_on=entry.depends_on,
                has_openapi=entry.openapi,
                is_public=entry.public,
            )
            for entry in part.services
        ),
        tiers=tuple(Tier(**dict(entry)) for entry in part.tiers),
        matrix=matrix,
        roles=part.roles,
        digest=digest,
        policy=policy,
        contacts=tuple(Contact(**dict(entry)) for entry in part.contacts),
        channels=tuple(Channel(**dict(entry)) for entry in part.channels),
        links=tuple(Link(**dict(entry)) for entry in part.links),
        document_ownership=DocumentOwnership(**dict(part.document_ownership)),
        health=HealthPaths(**dict(part.health)),
        sign_in=None if part.sign_in is None else SignIn(**dict(part.sign_in)),
        circuits=None if part.circuits is None else _circuits(part.circuits),
        load_entrance=part.load_entrance,
        data_probe=None if part.data_probe is None else _data_probe(part.data_probe),
    )


def _circuits(part: CircuitsPart) -> CircuitBreakers:
    fallback = None if part.fallback is None else TokenFallback(**dict(part.fallback))
    return CircuitBreakers(path=part.path, fallback=fallback)


def _record(part: ProbeRecordPart) -> ProbeRecord:
    return ProbeRecord(**{**dict(part), "document": tuple(part.document.items())})


def _data_probe(part: DataProbePart) -> DataProbe:
    records = tuple(map(_record, part.records))
    return DataProbe(records=records, session=part.session)
