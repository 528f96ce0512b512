"""The on-call responder's night: an indicator makes a quiet event a threat; two people isolate its asset."""

from __future__ import annotations

import secrets

from journeys.checks import demand, expect, field
from journeys.incident import (
    ASSETS,
    THREATS,
    analyzed,
    await_correlation,
    enter_an_asset,
    read_the_trail,
    report_events,
)
from journeys.world import World, step

GATEWAY, DECISIONS = "api-gateway", "decision-engine"


def on_call_responder_workflow(world: World) -> None:
    """Take the whole way: parts `responder`, `second` (another responder), `manager`.

    Raises:
        DemandNotMetError: a step did not show what an earlier one did.
    """
    see_what_is_up(world)
    asset_id = enter_an_asset(world, "responder", remover="manager")
    value = f"{world.label}-{secrets.token_hex(6)}.example"
    quiet = {"severity": "low", "indicators": [value]}
    event_ids = report_events(world, "responder", asset_id, ("config_change",), quiet)
    await_correlation(world, "responder", event_ids)
    threat_id = learn_an_indicator(world, asset_id, value, event_ids)
    take_the_case(world, threat_id)
    decision_id = isolate_with_a_second_responder(world, threat_id, asset_id)
    let_it_back(world, asset_id)
    done = [("threat.changed", threat_id), ("decision.approved", decision_id)]
    read_the_trail(world, "manager", [*done, ("decision.executed", decision_id)])


@step
def see_what_is_up(world: World) -> None:
    """Every service behind the gateway can be reached: no circuit is open."""
    answer = world.gateway.get("/api/v1/routes", headers=world.tokens("responder").headers)
    routes = field(expect(answer, 200, blames=GATEWAY), "items", blames=GATEWAY)
    demand(routes, "the gateway has no routes", blames=GATEWAY)
    for route in routes:
        service, circuit = str(route.get("service")), route.get("circuit")
        demand(circuit != "open", f"the circuit to {service} is open", blames=service)


@step
def learn_an_indicator(world: World, asset_id: str, value: str, event_ids: list[str]) -> str:
    """A quiet event is no threat; once its indicator is known to be bad, it is one, and says why."""
    before = analyzed(world, "responder", asset_id)
    demand(not before, f"a single quiet event is {len(before)} threats", blames=THREATS)
    indicator = {"kind": "domain", "value": value, "description": world.label}
    world.send("responder", "POST", THREATS, "/indicators", indicator, 201)
    after = analyzed(world, "responder", asset_id)
    told = [(threat.get("eventIds"), threat.get("matchedIndicators")) for threat in after]
    message = f"{value} is known to be bad and was seen in {event_ids}; the threats are {told}"
    demand(told == [(event_ids, [value])], message, blames=THREATS)
    return str(after[0].get("id"))


@step
def take_the_case(world: World, threat_id: str) -> None:
    """A threat that somebody took says so to everybody."""
    me = world.read("responder", "auth-service", "/me").get("id")
    taken = {"status": "investigating", "assignee": me}
    world.send("responder", "PATCH", THREATS, f"/threats/{threat_id}", taken, 200)
    threat = world.read("second", THREATS, f"/threats/{threat_id}")
    seen = {name: threat.get(name) for name in taken}
    demand(seen == taken, f"{me} took {threat_id}, and it reads {seen}", blames=THREATS)


@step
def isolate_with_a_second_responder(world: World, threat_id: str, asset_id: str) -> str:
    """Only what a second responder approved is executed, and then the asset really is isolated."""
    wanted = {"threatId": threat_id, "action": "isolate_asset", "rationale": world.label}
    decision = world.send("responder", "POST", DECISIONS, "/decisions", wanted, 201)
    path = f"/decisions/{decision.get('id')}"
    early = world.ask("responder", "POST", DECISIONS, f"{path}/execute")
    message = f"a decision that was not approved was executed: {early.status_code}"
    demand(early.status_code == 409, message, blames=DECISIONS)
    expect(world.ask("second", "POST", DECISIONS, f"{path}/approve"), 200, blames=DECISIONS)
    expect(world.ask("responder", "POST", DECISIONS, f"{path}/execute"), 200, blames=DECISIONS)
    state = world.read("responder", ASSETS, f"/assets/{asset_id}").get("state")
    message = f"{decision.get('id')} isolated {asset_id}, and it is {state}"
    demand(state == "isolated", message, blames=DECISIONS)
    status = world.read("responder", THREATS, f"/threats/{threat_id}").get("status")
    demand(status == "contained", f"{asset_id} is isolated, and {threat_id} is {status}", blames=DECISIONS)
    return str(decision.get("id"))


@step
def let_it_back(world: World, asset_id: str) -> None:
    """The isolation can be ended by hand, and the list of isolated assets knows."""
    world.send("responder", "PATCH", ASSETS, f"/assets/{asset_id}", {"state": "active"}, 200)
    state = world.read("second", ASSETS, f"/assets/{asset_id}").get("state")
    demand(state == "active", f"{asset_id} was let back, and it is {state}", blames=ASSETS)
