"""The life of a decision and what a policy says about it: pure logic, no I/O.

    proposed ──approve──▶ approved ──execute──▶ executing ──▶ executed

A proposer cannot approve their own decision. Approving again by the same person and executing again change
nothing and answer the same. An execution that was cut off stays `executing` and is taken up by the next
request to execute; each of its steps may be repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import Field

from sandbox.kit.models import Shape

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Approver = Literal["responder", "manager", "admin"]
APPROVERS: tuple[Approver, ...] = get_args(Approver)
"""Roles that a policy may let approve."""
Status = Literal["proposed", "approved", "executing", "executed"]
Action = Literal["monitor", "reset_credentials", "isolate_asset", "block_indicator"]
"""What the platform can do about a threat."""


class Refusal(StrEnum):
    """Why a step is not allowed."""

    SELF_APPROVAL = "The person who proposed a decision cannot approve it; ask a second person."
    ROLE = "The policy does not let your roles approve a decision of this severity."
    NOT_PROPOSED = "Only a proposed decision can be approved."
    NOT_APPROVED = "Only an approved decision can be executed; have a second person approve it first."


FORBIDDEN: frozenset[Refusal] = frozenset({Refusal.SELF_APPROVAL, Refusal.ROLE})
"""Refusals that concern the person; the others concern the decision's status."""


class RuleView(Shape):
    """What to do about threats of one severity, and who may say yes."""

    action: Action
    approver_roles: Annotated[list[Approver], Field(min_length=1, max_length=3)]
    # From this risk on the asset is isolated, whatever the action says.
    escalate_from_risk: Annotated[float, Field(ge=0, le=100)]


class NewPolicy(Shape):
    """A rule for each severity."""

    low: RuleView
    medium: RuleView
    high: RuleView
    critical: RuleView


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionBasis:
    """What a decision rests on."""

    threat_id: str
    asset_id: str
    severity: Severity
    risk: float | None
    """None when no score could be had."""


def _rule(action: Action, escalate_from_risk: float) -> RuleView:
    roles = list(APPROVERS)
    return RuleView(action=action, approver_roles=roles, escalate_from_risk=escalate_from_risk)


DEFAULT_POLICY = NewPolicy(
    low=_rule("monitor", 99.0),
    medium=_rule("reset_credentials", 95.0),
    high=_rule("isolate_asset", 75.0),
    critical=_rule("isolate_asset", 50.0),
)


def rule_of(policy: NewPolicy, severity: Severity) -> RuleView:
    rule: RuleView = getattr(policy, severity)
    return rule


def recommend(basis: DecisionBasis, policy: NewPolicy) -> Action:
    rule = rule_of(policy, basis.severity)
    if basis.risk is not None and basis.risk >= rule.escalate_from_risk:
        return "isolate_asset"
    return rule.action


def refuse_approval(
    status: Status, *, proposer: str, approver: str, roles: Collection[str], allowed: Collection[str]
) -> Refusal | None:
    """Why this person may not approve, or None; who asks comes before what is asked."""
    if approver == proposer:
        return Refusal.SELF_APPROVAL
    if not set(roles) & set(allowed):
        return Refusal.ROLE
    return None if status == "proposed" else Refusal.NOT_PROPOSED


def refuse_execution(status: Status) -> Refusal | None:
    """Why the decision cannot be executed now, or None; an executed one may be asked for again."""
    return Refusal.NOT_APPROVED if status == "proposed" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change in another service that an execution makes; repeating it changes nothing more."""

    service: str
    path: str
    change: Mapping[str, str]


def steps_of(action: Action, basis: DecisionBasis) -> list[Step]:
    """What executing the action changes: the asset when it is isolated, then the threat's status."""
    threat = Step(
        service="threat-detection",
        path=f"/v1/threats/{basis.threat_id}",
        change={"status": "investigating" if action == "monitor" else "contained"},
    )
    if action != "isolate_asset":
        return [threat]
    path = f"/v1/assets/{basis.asset_id}"
    return [Step(service="asset-discovery", path=path, change={"state": "isolated"}), threat]
