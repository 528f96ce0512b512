"""decision-engine: two persons, one execution, and a policy that can only tighten."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.services.decision_engine import domain
from sandbox.services.decision_engine.domain import Action, Ground, Refusal, Status

roles = st.sets(st.sampled_from(["viewer", "analyst", "responder", "manager", "admin"]))


@given(roles, roles, st.sampled_from(list(Status)))
def test_nobody_approves_their_own_proposal(held: set[str], allowed: set[str], status: Status) -> None:
    """No role and no status lets the proposer approve."""
    refusal = domain.refuse_approval(status, proposer="ann", approver="ann", roles=held, allowed=allowed)
    assert refusal is Refusal.SELF_APPROVAL


@given(roles, roles, st.sampled_from(list(Status)))
def test_approval_needs_a_role_and_a_proposed_decision(
    held: set[str], allowed: set[str], status: Status
) -> None:
    """A second person approves exactly when a role fits and the decision is still proposed."""
    refusal = domain.refuse_approval(status, proposer="ann", approver="bob", roles=held, allowed=allowed)
    assert (refusal is None) == (bool(held & allowed) and status is Status.PROPOSED)


@pytest.mark.parametrize("status", list(Status))
def test_only_a_proposed_decision_cannot_be_executed(status: Status) -> None:
    """After the approval, execution may be asked for any number of times."""
    refusal = domain.refuse_execution(status)
    assert (refusal is Refusal.NOT_APPROVED) == (status is Status.PROPOSED)


@given(st.sampled_from(sorted(domain.DEFAULT_POLICY)), st.floats(0, 100))
def test_a_high_risk_isolates_the_asset(severity: str, risk: float) -> None:
    """From the rule's risk on the asset is isolated; below, the rule's action stands."""
    ground = Ground(threat_id="thr_1", asset_id="ast_1", severity=severity, risk=risk)
    rule = domain.DEFAULT_POLICY[severity]
    expected = Action.ISOLATE_ASSET if risk >= rule.escalate_from_risk else rule.action
    assert domain.recommend(ground, domain.DEFAULT_POLICY) is expected


def test_an_unknown_risk_leaves_the_rule() -> None:
    """Without a score the policy's action for the severity stands."""
    ground = Ground(threat_id="thr_1", asset_id="ast_1", severity="low", risk=None)
    assert domain.recommend(ground, domain.DEFAULT_POLICY) is Action.MONITOR
