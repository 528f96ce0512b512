"""`platform.yaml` and `policy.yaml`: what the platform is made of, and what a failure leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field

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
    Word,
    known,
    shaped,
)
from gates.adapters.documents.yaml_source import Location, Plain, Source
from gates.model.criterion import FailureAction, Priority, Severity
from gates.model.platform import (
    Alert,
    Channel,
    Contact,
    DocumentOwnership,
    EscalationStep,
    Link,
    MaintenanceWindow,
    MatrixRow,
    Platform,
    Policy,
    ServiceSpec,
    Tier,
)
from gates.model.rollback_policy import (
    AfterFailure,
    Freeze,
    Order,
    ProofPolicy,
    RollbackPolicy,
    RollbackStrategy,
    WatchPolicy,
)

Category = Annotated[str, known("category")]


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


class PlatformPart(Strict):
    """The `spec` of platform.yaml."""

    document_ownership: OwnershipPart
    services: Annotated[tuple[ServicePart, ...], Filled]
    tiers: Annotated[tuple[TierPart, ...], Filled]
    roles: Annotated[tuple[Word, ...], Filled]
    contacts: tuple[ContactPart, ...] = ()
    channels: tuple[ChannelPart, ...] = ()
    links: tuple[LinkPart, ...] = ()


class PlatformDocument(Envelope):
    """platform.yaml."""

    kind: Literal["Platform"]
    spec: PlatformPart


class MatrixPart(Strict):
    """One row of the decision matrix; no response time means the next maintenance."""

    priority: Priority
    response_time: Duration | None = None
    rollback_type: Text
    authority: Role


class EscalationPart(Strict):
    """Who acts from when on."""

    after: Duration
    action: Text
    role: Role


class AlertPart(Strict):
    """One alert and its priority."""

    priority: Priority
    name: Word
    title: Text


class StrategyPart(Strict):
    """How a plan is carried out."""

    order: Order
    after_failure: AfterFailure
    parallel: Annotated[int, Field(ge=1, le=50)]


class FreezePart(Strict):
    """A time in which nothing is changed by plan."""

    starts: AwareDatetime
    ends: AwareDatetime
    reason: Text


class ProofPart(Strict):
    """What a proof of the way back must be."""

    max_age: Duration
    longest_start: Duration


class WatchPart(Strict):
    """How long a release that went is suspected first."""

    after_go: Duration
    after_deployment: Duration


class RollbackPart(Strict):
    """The two manners of rolling back, the freezes, what proves the way back, and who is suspected first."""

    emergency: StrategyPart
    planned: StrategyPart
    proof: ProofPart
    watch: WatchPart
    post_test: tuple[Text, ...] = ()
    freezes: tuple[FreezePart, ...] = ()


class WindowPart(Strict):
    """When planned work is done each week, in UTC."""

    day: Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
    hour: Annotated[int, Field(ge=0, le=23)]


class PolicyPart(Strict):
    """The `spec` of policy.yaml."""

    severity_priorities: dict[Severity, Priority]
    decision_matrix: tuple[MatrixPart, ...]
    failure_actions: dict[Category, FailureAction]
    rollback_from: Priority | None = None
    escalation: tuple[EscalationPart, ...]
    alerts: tuple[AlertPart, ...]
    approvals: Annotated[tuple[Role, ...], Filled]
    release_independent: tuple[Text, ...] = ()
    rollback: RollbackPart
    maintenance_window: WindowPart
    scale_to: Annotated[int, Field(ge=1, le=1000)] = 5


class PolicyDocument(Envelope):
    """policy.yaml."""

    kind: Literal["Policy"]
    spec: PolicyPart


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
    return flaws


def policy_flaws(source: Source, part: PolicyPart) -> list[Problem]:
    """Return what a policy leaves open: a severity or a priority without a row, steps out of order."""
    flaws = repeated(source, ("spec", "decisionMatrix"), (row.priority for row in part.decision_matrix))
    flaws += repeated(source, ("spec", "alerts"), (alert.name for alert in part.alerts))
    flaws += repeated(source, ("spec", "approvals"), part.approvals)
    ruled = {row.priority for row in part.decision_matrix}
    flaws += [
        source.problem(("spec", "decisionMatrix"), f"no row for {priority}", of_key=True)
        for priority in Priority
        if priority not in ruled
    ]
    flaws += [
        source.problem(("spec", "severityPriorities"), f"no priority for '{severity}'", of_key=True)
        for severity in Severity
        if severity not in part.severity_priorities
    ]
    starts = [step.after for step in part.escalation]
    if any(later <= earlier for earlier, later in pairwise(starts)):
        flaws.append(
            source.problem(("spec", "escalation"), "steps are in the order of their time", of_key=True)
        )
    flaws += [
        source.problem(("spec", "rollback", "freezes", index, "ends"), "a freeze ends after it starts")
        for index, freeze in enumerate(part.rollback.freezes)
        if freeze.ends <= freeze.starts
    ]
    return flaws


def repeated(source: Source, path: Location, names: Iterable[str]) -> list[Problem]:
    """Return a problem for every entry of the list at `path` whose name an earlier entry has."""
    seen: set[str] = set()
    flaws = []
    for index, name in enumerate(names):
        if name in seen:
            flaws.append(source.problem((*path, index), f"'{name}' is listed twice in {path[-1]}"))
        seen.add(name)
    return flaws


def platform_value(name: str, part: PlatformPart, policy: PolicyPart, digest: str) -> Platform:
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
        matrix=tuple(MatrixRow(**dict(row)) for row in policy.decision_matrix),
        roles=part.roles,
        digest=digest,
        policy=_policy_value(policy),
        contacts=tuple(Contact(**dict(entry)) for entry in part.contacts),
        channels=tuple(Channel(**dict(entry)) for entry in part.channels),
        links=tuple(Link(**dict(entry)) for entry in part.links),
        document_ownership=DocumentOwnership(**dict(part.document_ownership)),
    )


def _policy_value(part: PolicyPart) -> Policy:
    return Policy(
        priorities=tuple(part.severity_priorities.items()),
        failure_actions=tuple(part.failure_actions.items()),
        rollback_from=part.rollback_from,
        escalation=tuple(EscalationStep(**dict(step)) for step in part.escalation),
        alerts=tuple(Alert(**dict(alert)) for alert in part.alerts),
        approvals=part.approvals,
        release_independent=part.release_independent,
        rollback=RollbackPolicy(
            emergency=RollbackStrategy(**dict(part.rollback.emergency)),
            planned=RollbackStrategy(**dict(part.rollback.planned)),
            freezes=tuple(Freeze(**dict(freeze)) for freeze in part.rollback.freezes),
            proof=ProofPolicy(**dict(part.rollback.proof)),
            watch=WatchPolicy(**dict(part.rollback.watch)),
            post_test=part.rollback.post_test,
        ),
        scale_to=part.scale_to,
        maintenance=MaintenanceWindow(
            weekday=get_args(WindowPart.model_fields["day"].annotation).index(part.maintenance_window.day),
            hour=part.maintenance_window.hour,
        ),
    )
