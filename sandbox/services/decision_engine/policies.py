"""A tenant's policy: the one it set, or the one it was born with."""

from __future__ import annotations

from sqlite3 import Connection

from sandbox.services.decision_engine import domain, store
from sandbox.services.decision_engine.domain import Action, Rule, Severity
from sandbox.services.decision_engine.models import NewPolicy, Policy, RuleView


def policy_of(connection: Connection, tenant: str) -> Policy:
    """The policy that holds for the tenant now."""
    return store.policy_of(connection, tenant) or Policy(
        version=0, rules=_default(), updated_by=None, updated_at=None
    )


def rules_of(policy: Policy) -> dict[Severity, Rule]:
    """The policy as the domain knows it."""
    views: dict[Severity, RuleView] = {
        "low": policy.rules.low,
        "medium": policy.rules.medium,
        "high": policy.rules.high,
        "critical": policy.rules.critical,
    }
    return {
        severity: Rule(
            action=Action(view.action),
            approver_roles=tuple(view.approver_roles),
            escalate_from_risk=view.escalate_from_risk,
        )
        for severity, view in views.items()
    }


def _default() -> NewPolicy:
    views = {severity: _view(rule) for severity, rule in domain.DEFAULT_POLICY.items()}
    return NewPolicy(low=views["low"], medium=views["medium"], high=views["high"], critical=views["critical"])


def _view(rule: Rule) -> RuleView:
    return RuleView(
        action=rule.action.value,
        approver_roles=list(rule.approver_roles),
        escalate_from_risk=rule.escalate_from_risk,
    )
