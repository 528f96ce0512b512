"""The SOC manager's case: who may approve is the manager's to say, and a case ends closed and cleared."""

from __future__ import annotations

from typing import Any

from journeys.checks import demand, expect
from journeys.incident import (
    ASSETS,
    THREATS,
    await_correlation,
    enter_an_asset,
    find_the_threat,
    read_the_trail,
    report_events,
)
from journeys.world import World, step

DECISIONS = "decision-engine"
SEVERITY = "critical"
"""Of the threats of this journey, and of no other one: a rule counts for all threats of a severity."""
ALONE = ["manager"]
_ATTEMPTS = 3


def soc_manager_workflow(world: World) -> None:
    """Take the whole way: parts `analyst`, `responder`, `manager`.

    Raises:
        DemandNotMetError: a step did not show what an earlier one did.
    """
    asset_id = enter_an_asset(world, "analyst", remover="manager")
    event_ids = report_events(world, "analyst", asset_id, more={"severity": SEVERITY})
    correlation_id = await_correlation(world, "analyst", event_ids)
    threat_id = find_the_threat(world, "analyst", asset_id, correlation_id)
    severity = see_the_new_threat(world, asset_id, threat_id)
    version = keep_approval_to_managers(world, severity)
    decision_id = approve_as_manager_alone(world, threat_id, severity, version)
    close_the_case(world, asset_id, threat_id, decision_id)
    clear_away(world, asset_id)
    done = [("policy.replaced", "policy/" + _tenant(world)), ("decision.approved", decision_id)]
    read_the_trail(world, "manager", [*done, ("threat.changed", threat_id), ("asset.deleted", asset_id)])


@step
def see_the_new_threat(world: World, asset_id: str, threat_id: str) -> str:
    """The list of open threats shows it, up to date, and as severe as it is by itself."""
    page = world.read("manager", THREATS, f"/threats?assetId={asset_id}&status=open")
    demand(page.get("freshness") == "current", "the list of threats is stale", blames=THREATS)
    listed = {str(item.get("id")): item.get("severity") for item in page.get("items", ())}
    demand(
        set(listed) == {threat_id}, f"{asset_id} has {threat_id}, listed: {sorted(listed)}", blames=THREATS
    )
    severity = world.read("manager", THREATS, f"/threats/{threat_id}").get("severity")
    is_same = severity == listed[threat_id]
    demand(is_same, f"{threat_id} is {severity}, listed as {listed[threat_id]}", blames=THREATS)
    return str(severity)


@step
def keep_approval_to_managers(world: World, severity: str) -> int:
    """New rules get a new version, name who set them, and are the rules from then on."""
    before = world.read("manager", DECISIONS, "/policies")
    version = _set_rule(world, severity)
    is_newer = version > int(before.get("version", 0))
    demand(is_newer, f"new rules, and their version is {version}", blames=DECISIONS)
    return version


def _set_rule(world: World, severity: str) -> int:
    """Let managers alone approve, and return the version of the rules.

    Who finds that rule in force already meets another run of this journey, whose it is to put it back.
    """
    rules: dict[str, Any] = dict(world.read("manager", DECISIONS, "/policies").get("rules") or {})
    demand(severity in rules, f"there is no rule for {severity} threats", blames=DECISIONS)
    wanted = {**rules, severity: {**rules[severity], "approverRoles": ALONE}}
    if rules != wanted:
        world.later("policy", lambda: world.ask("manager", "PUT", DECISIONS, "/policies", json=rules))
    world.send("manager", "PUT", DECISIONS, "/policies", wanted, 200)
    after = world.read("manager", DECISIONS, "/policies")
    rule = dict(after.get("rules") or {}).get(severity)
    demand(
        rule == wanted[severity], f"the rule was set to {wanted[severity]} and is {rule}", blames=DECISIONS
    )
    by = (after.get("updatedBy"), _myself(world, "manager").get("id"))
    demand(by[0] == by[1], f"{by[1]} set the rules, and they say {by[0]}", blames=DECISIONS)
    return int(after.get("version", 0))


@step
def approve_as_manager_alone(world: World, threat_id: str, severity: str, version: int) -> str:
    """Under the new rules a responder may not approve, and the manager may.

    The rules are the whole tenant's: when somebody else replaced them in between, they are set again.
    """
    decision_id, status = _approved_by_responder(world, threat_id)
    for _ in range(_ATTEMPTS):
        if status == 403:
            break
        now = int(world.read("manager", DECISIONS, "/policies").get("version", 0))
        message = f"the rules name managers alone, and a responder's approval was answered {status}"
        demand(now != version, message, blames=DECISIONS)
        version = _set_rule(world, severity)
        decision_id, status = _approved_by_responder(world, threat_id)
    demand(status == 403, f"a responder's approval was answered {status} again and again", blames=DECISIONS)
    path = f"/decisions/{decision_id}"
    expect(world.ask("manager", "POST", DECISIONS, f"{path}/approve"), 200, blames=DECISIONS)
    by = (world.read("manager", DECISIONS, path).get("approvedBy"), _myself(world, "manager").get("id"))
    demand(by[0] == by[1], f"{by[1]} approved, and it says {by[0]}", blames=DECISIONS)
    return decision_id


def _approved_by_responder(world: World, threat_id: str) -> tuple[str, int]:
    """Propose, let a responder approve, and return the decision and what became of the approval."""
    decision = world.send("analyst", "POST", DECISIONS, "/decisions", {"threatId": threat_id}, 201)
    decision_id = str(decision.get("id"))
    answer = world.ask("responder", "POST", DECISIONS, f"/decisions/{decision_id}/approve")
    return decision_id, answer.status_code


@step
def close_the_case(world: World, asset_id: str, threat_id: str, decision_id: str) -> None:
    """The executed decision contained the threat; closed, it leaves the list of open ones."""
    expect(
        world.ask("responder", "POST", DECISIONS, f"/decisions/{decision_id}/execute"), 200, blames=DECISIONS
    )
    known = world.read("manager", DECISIONS, f"/decisions?threatId={threat_id}").get("items", ())
    told = {item.get("id"): item.get("status") for item in known}
    is_executed = told.get(decision_id) == "executed"
    demand(is_executed, f"{decision_id} was executed; on {threat_id} there are {told}", blames=DECISIONS)
    status = world.read("manager", THREATS, f"/threats/{threat_id}").get("status")
    message = f"the response to {threat_id} was executed, and the threat is {status}"
    demand(status == "contained", message, blames=DECISIONS)
    closing = {"status": "closed", "note": world.label}
    world.send("manager", "PATCH", THREATS, f"/threats/{threat_id}", closing, 200)
    for wanted, ids in (("closed", [threat_id]), ("open", [])):
        page = world.read("manager", THREATS, f"/threats?assetId={asset_id}&status={wanted}")
        listed = [item.get("id") for item in page.get("items", ())]
        demand(listed == ids, f"{threat_id} was closed; {wanted} are {listed}", blames=THREATS)


@step
def clear_away(world: World, asset_id: str) -> None:
    """What was deleted is gone, for those who ask by its id and for those who list."""
    expect(world.ask("manager", "DELETE", ASSETS, f"/assets/{asset_id}"), 204, blames=ASSETS)
    gone = world.ask("manager", "GET", ASSETS, f"/assets/{asset_id}")
    demand(gone.status_code == 404, f"{asset_id} was deleted and answers {gone.status_code}", blames=ASSETS)


def _myself(world: World, who: str) -> dict[str, Any]:
    return world.read(who, "auth-service", "/me")


def _tenant(world: World) -> str:
    return str(_myself(world, "manager").get("tenant"))
