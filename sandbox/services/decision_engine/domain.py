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
from typing import Literal, get_args

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
Approver = Literal["responder", "manager", "admin"]
APPROVERS: tuple[Approver, ...] = get_args(Approver)
"""Roles that a policy may let approve."""


class Status(StrEnum):
    """Where a decision stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    EXECUTING = "executing"
    EXECUTED = "executed"


class Action(StrEnum):
    """What the platform can do about a threat."""

    MONITOR = "monitor"
    RESET_CREDENTIALS = "reset_credentials"
    ISOLATE_ASSET = "isolate_asset"
    BLOCK_INDICATOR = "block_indicator"


class Refusal(StrEnum):
    """Why a step is not allowed."""

    SELF_APPROVAL = "The person who proposed a decision cannot approve it; ask a second person."
    ROLE = "The policy does not let your roles approve a decision of this severity."
    NOT_PROPOSED = "Only a proposed decision can be approved."
    NOT_APPROVED = "Only an approved decision can be executed; have a second person approve it first."


FORBIDDEN: frozenset[Refusal] = frozenset({Refusal.SELF_APPROVAL, Refusal.ROLE})
"""Refusals that concern the person; the others concern the decision's status."""

THREAT_STATUS: dict[Action, str] = {
    Action.MONITOR: "investigating",
    Action.RESET_CREDENTIALS: "contained",
    Action.ISOLATE_ASSET: "contained",
    Action.BLOCK_INDICATOR: "contained",
}
"""The status that a threat gets when the action has been executed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What to do about threats of one severity, and who may say yes."""

    action: Action
    approver_roles: tuple[Approver, ...]
    escalate_from_risk: float
    """From this risk on the asset is isolated, whatever the action says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionBasis:
    """What a decision rests on."""

    threat_id: str
    asset_id: str
    severity: Severity
    risk: float | None
    """None when no score could be had."""


DEFAULT_POLICY: dict[Severity, Rule] = {
    "low": Rule(action=Action.MONITOR, approver_roles=APPROVERS, escalate_from_risk=99.0),
    "medium": Rule(action=Action.RESET_CREDENTIALS, approver_roles=APPROVERS, escalate_from_risk=95.0),
    "high": Rule(action=Action.ISOLATE_ASSET, approver_roles=APPROVERS, escalate_from_risk=75.0),
    "critical": Rule(action=Action.ISOLATE_ASSET, approver_roles=APPROVERS, escalate_from_risk=50.0),
}


def recommend(basis: DecisionBasis, policy: Mapping[Severity, Rule]) -> Action:
    """The action that the policy asks for."""
    rule = policy[basis.severity]
    if basis.risk is not None and basis.risk >= rule.escalate_from_risk:
        return Action.ISOLATE_ASSET
    return rule.action


def refuse_approval(
    status: Status, *, proposer: str, approver: str, roles: Collection[str], allowed: Collection[str]
) -> Refusal | None:
    """Why this person may not approve, or None; who asks comes before what is asked."""
    if approver == proposer:
        return Refusal.SELF_APPROVAL
    if not set(roles) & set(allowed):
        return Refusal.ROLE
    return None if status is Status.PROPOSED else Refusal.NOT_PROPOSED


def refuse_execution(status: Status) -> Refusal | None:
    """Why the decision cannot be executed now, or None; an executed one may be asked for again."""
    return Refusal.NOT_APPROVED if status is Status.PROPOSED else None


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
        change={"status": THREAT_STATUS[action]},
    )
    if action is not Action.ISOLATE_ASSET:
        return [threat]
    path = f"/v1/assets/{basis.asset_id}"
    return [Step(service="asset-discovery", path=path, change={"state": "isolated"}), threat]
