"""`policy.yaml`: what a failure leads to, who may do it, and how fast."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field

from gates.adapters.documents.document_problems import Problem
from gates.adapters.documents.document_types import (
    Duration,
    Envelope,
    Filled,
    Role,
    Strict,
    Text,
    TierName,
    Word,
    known,
)
from gates.adapters.documents.platform_document import repeated
from gates.adapters.documents.yaml_source import Source
from gates.model.criterion import FailureAction, Priority, Severity
from gates.model.platform import (
    Alert,
    EscalationStep,
    InfrastructureLimits,
    MaintenanceWindow,
    MatrixRow,
    Policy,
    ScalingPolicy,
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

Share = Annotated[float, Field(gt=0, le=1)]
Category = Annotated[str, known("category")]


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


class InfrastructureLimitsPart(Strict):
    """The highest values of the infrastructure that are fine."""

    cpu: Share = InfrastructureLimits().cpu
    memory: Share = InfrastructureLimits().memory
    disk: Share = InfrastructureLimits().disk
    network_ms: Annotated[float, Field(gt=0)] = InfrastructureLimits().network_ms


class ScalingPart(Strict):
    """When other bounds of a service fit better."""

    crowded_from: Share = ScalingPolicy().crowded_from
    headroom: Annotated[float, Field(ge=1, le=10)] = ScalingPolicy().headroom
    warm_tiers: tuple[TierName, ...] = ()


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
    infrastructure_limits: InfrastructureLimitsPart = InfrastructureLimitsPart()
    scaling: ScalingPart = ScalingPart()
    drill_max_age: Duration = Policy().drill_max_age


class PolicyDocument(Envelope):
    """policy.yaml."""

    kind: Literal["Policy"]
    spec: PolicyPart


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


def matrix_value(part: PolicyPart) -> tuple[MatrixRow, ...]:
    """Return the decision matrix."""
    return tuple(MatrixRow(**dict(row)) for row in part.decision_matrix)


def policy_value(part: PolicyPart) -> Policy:
    """Return the policy that the document describes."""
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
        infrastructure_limits=InfrastructureLimits(**dict(part.infrastructure_limits)),
        scaling=ScalingPolicy(**dict(part.scaling)),
        drill_max_age=part.drill_max_age,
        maintenance=MaintenanceWindow(
            weekday=get_args(WindowPart.model_fields["day"].annotation).index(part.maintenance_window.day),
            hour=part.maintenance_window.hour,
        ),
    )
