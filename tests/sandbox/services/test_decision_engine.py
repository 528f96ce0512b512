"""decision-engine: two persons, one execution, and a policy that can only tighten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit import records
from sandbox.services.asset_discovery import app as assets_app
from sandbox.services.behavioral_analysis import app as behaviour_app
from sandbox.services.decision_engine import app, domain, seeding
from sandbox.services.decision_engine.domain import DecisionBasis, Refusal, Severity, Status
from sandbox.services.event_processor import app as events_app
from sandbox.services.threat_detection import app as threats_app
from tests.sandbox.support.running_platform import Build, RunningPlatform, poll, running

NAME = app.NAME
BUILDS: dict[str, Build] = {
    module.NAME: module.build for module in (app, assets_app, behaviour_app, events_app, threats_app)
}
THREAT, ASSET = seeding.known_threat("acme"), records.seed_id("ast", "acme", 1)
roles = st.sets(st.sampled_from(["viewer", "analyst", "responder", "manager", "admin"]))


@given(roles, roles, st.sampled_from(get_args(Status)))
def test_nobody_approves_their_own_proposal(held: set[str], allowed: set[str], status: Status) -> None:
    """No role and no status lets the proposer approve."""
    refusal = domain.refuse_approval(status, proposer="ann", approver="ann", roles=held, allowed=allowed)
    assert refusal is Refusal.SELF_APPROVAL


@given(roles, roles, st.sampled_from(get_args(Status)))
def test_approval_needs_a_role_and_a_proposed_decision(
    held: set[str], allowed: set[str], status: Status
) -> None:
    """A second person approves exactly when a role fits and the decision is still proposed."""
    refusal = domain.refuse_approval(status, proposer="ann", approver="bob", roles=held, allowed=allowed)
    assert (refusal is None) == (bool(held & allowed) and status == "proposed")


@pytest.mark.parametrize("status", get_args(Status))
def test_only_a_proposed_decision_cannot_be_executed(status: Status) -> None:
    """After the approval, execution may be asked for any number of times."""
    refusal = domain.refuse_execution(status)
    assert (refusal is Refusal.NOT_APPROVED) == (status == "proposed")


@given(st.sampled_from(domain.SEVERITIES), st.floats(0, 100))
def test_a_high_risk_isolates_the_asset(severity: Severity, risk: float) -> None:
    """From the rule's risk on the asset is isolated; below, the rule's action stands."""
    basis = DecisionBasis(threat_id="thr_1", asset_id="ast_1", severity=severity, risk=risk)
    rule = domain.rule_of(domain.DEFAULT_POLICY, severity)
    expected = "isolate_asset" if risk >= rule.escalate_from_risk else rule.action
    assert domain.recommend(basis, domain.DEFAULT_POLICY) == expected


def test_an_unknown_risk_leaves_the_rule() -> None:
    """Without a score the policy's action for the severity stands."""
    basis = DecisionBasis(threat_id="thr_1", asset_id="ast_1", severity="low", risk=None)
    assert domain.recommend(basis, domain.DEFAULT_POLICY) == "monitor"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """A running decision-engine beside all services that it asks."""
    with running(tmp_path_factory.mktemp("decisions"), BUILDS) as started:
        yield started


def _proposed(platform: RunningPlatform, person: str = "usr_proposer", **fields: Any) -> str:
    proposer = platform.client(NAME, "responder", person=person)
    answer = proposer.post("/v1/decisions", json={"threatId": THREAT, **fields})
    assert answer.status_code == 201
    decision_id: str = answer.json()["id"]
    return decision_id


def test_a_proposal_rests_on_the_threat_and_the_score(platform: RunningPlatform) -> None:
    """The decision names the threat's asset and severity, the asset's risk and the policy's action."""
    decision_id = _proposed(platform)
    decision = platform.client(NAME, "viewer").get(f"/v1/decisions/{decision_id}").json()
    scorer = platform.client(behaviour_app.NAME, "viewer")
    assert decision["risk"] == scorer.get(f"/v1/entities/{ASSET}/score").json()["risk"]
    assert (decision["assetId"], decision["severity"], decision["status"]) == (ASSET, "critical", "proposed")
    assert decision["action"] == decision["recommendedAction"] == "isolate_asset"


def test_the_proposer_cannot_approve(platform: RunningPlatform) -> None:
    """Even as an administrator, who proposed cannot approve, and the decision stays proposed."""
    decision_id = _proposed(platform, person="usr_both")
    path = f"/v1/decisions/{decision_id}"
    same = platform.client(NAME, "admin", person="usr_both")
    assert same.post(f"{path}/approve").status_code == 403
    assert same.get(path).json()["status"] == "proposed"


def test_roles_bound_every_step(platform: RunningPlatform) -> None:
    """A viewer proposes nothing, an analyst approves and executes nothing."""
    viewer, analyst = platform.client(NAME, "viewer"), platform.client(NAME, "analyst")
    assert viewer.post("/v1/decisions", json={"threatId": THREAT}).status_code == 403
    path = f"/v1/decisions/{_proposed(platform)}"
    assert analyst.post(f"{path}/approve").status_code == 403
    assert analyst.post(f"{path}/execute").status_code == 403
    assert analyst.put("/v1/policies", json=analyst.get("/v1/policies").json()["rules"]).status_code == 403


def test_execution_needs_the_approval_and_happens_once(platform: RunningPlatform) -> None:
    """Before the approval nothing happens; after it the asset is isolated and the threat contained, once."""
    trace_id = "6" * 32
    path = f"/v1/decisions/{_proposed(platform)}"
    second = platform.client(NAME, "manager", person="usr_second", trace_id=trace_id)
    assets = platform.client(assets_app.NAME, "viewer")
    assert second.post(f"{path}/execute").status_code == 409
    assert assets.get(f"/v1/assets/{ASSET}").json()["state"] == "active"
    assert second.post(f"{path}/approve").json()["approvedBy"] == "usr_second"
    first, again = (second.post(f"{path}/execute") for _ in range(2))
    assert first.json()["status"] == "executed"
    assert first.json() == again.json()
    assert assets.get(f"/v1/assets/{ASSET}").json()["state"] == "isolated"
    threats = platform.client(threats_app.NAME, "viewer")
    assert threats.get(f"/v1/threats/{THREAT}").json()["status"] == "contained"
    expected = ["decision.approved", "asset.changed", "threat.changed", "decision.executed"]
    assert poll(lambda: platform.trail.actions(trace_id) == expected)


def test_an_approved_decision_takes_no_other_approval(platform: RunningPlatform) -> None:
    """The approver may repeat the request; a third person's approval is refused."""
    path = f"/v1/decisions/{_proposed(platform)}/approve"
    approver = platform.client(NAME, "manager", person="usr_second")
    assert approver.post(path).json() == approver.post(path).json()
    assert platform.client(NAME, "manager", person="usr_third").post(path).status_code == 409


def test_a_policy_can_reserve_approvals(platform: RunningPlatform) -> None:
    """Once the policy names managers alone, a responder's approval is refused."""
    manager = platform.client(NAME, "manager", tenant="globex", person="usr_m")
    policy = manager.get("/v1/policies").json()
    assert policy["version"] == 0
    rules = policy["rules"] | {"critical": policy["rules"]["critical"] | {"approverRoles": ["manager"]}}
    assert manager.put("/v1/policies", json=rules).json()["version"] == 1
    path = f"/v1/decisions/{records.seed_id('dec', 'globex', 1)}/approve"
    responder = platform.client(NAME, "responder", tenant="globex", person="usr_r")
    assert responder.post(path).status_code == 403
    assert manager.post(path).json()["status"] == "approved"


def test_other_tenants_decide_nothing_here(platform: RunningPlatform) -> None:
    """A threat and a decision of one tenant do not exist for another."""
    decision_id = _proposed(platform)
    stranger = platform.client(NAME, "admin", tenant="globex")
    assert stranger.post("/v1/decisions", json={"threatId": THREAT}).status_code == 404
    for path in (f"/v1/decisions/{decision_id}/approve", f"/v1/decisions/{decision_id}/execute"):
        assert stranger.post(path).status_code == 404
    assert stranger.get(f"/v1/decisions/{decision_id}").status_code == 404
    assert stranger.get("/v1/decisions", params={"threatId": THREAT}).json()["items"] == []


def test_a_cut_off_execution_is_taken_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    """When a step cannot be made the decision stays executing, and the next request finishes it."""
    with running(tmp_path_factory.mktemp("cut"), BUILDS) as platform:
        path = f"/v1/decisions/{records.seed_id('dec', 'acme', 2)}"
        responder = platform.client(NAME, "responder")
        platform.stop(threats_app.NAME)
        assert responder.post(f"{path}/execute").status_code == 503
        assert responder.get(path).json()["status"] == "executing"
        platform.switchboard.down.clear()
        assert responder.post(f"{path}/execute").json()["status"] == "executed"
