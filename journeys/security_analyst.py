"""The security analyst's day: from signing in to a decision that two people made.

Each step asserts a relation to an earlier one, so that a hollow 200 cannot pass; a failure blames the service
whose answer broke the thread.
"""

from __future__ import annotations

import secrets

from journeys.checks import demand, document, expect
from journeys.incident import ASSETS, await_correlation, find_the_threat, read_the_trail, report_events
from journeys.world import World, step


def security_analyst_workflow(world: World) -> None:
    """Take the whole way: parts `analyst`, `responder`, `manager`.

    Raises:
        DemandNotMetError: a step did not show what an earlier one did.
    """
    see_the_door(world)
    asset_id = discover_an_asset(world)
    before = see_the_score(world, asset_id)
    event_ids = report_events(world, "analyst", asset_id)
    correlation_id = await_correlation(world, "analyst", event_ids)
    threat_id = find_the_threat(world, "analyst", asset_id, correlation_id)
    see_the_score_rise(world, asset_id, before)
    decision_id = decide_with_a_second_person(world, threat_id, asset_id)
    ask_the_assistant(world, asset_id, threat_id)
    done = [("event.batch_ingested", event_ids[0]), ("decision.proposed", decision_id)]
    done += [("decision.approved", decision_id), ("decision.executed", decision_id)]
    read_the_trail(world, "manager", done)


@step
def see_the_door(world: World) -> None:
    """The sign-in page is there, and the dashboard is not for strangers."""
    page = expect(world.frontend.get("/login"), 200, blames="frontend")
    demand("<form" in page.text, "/login shows no form", blames="frontend")
    expect(world.frontend.get("/dashboard"), 302, 303, 401, blames="frontend")


@step
def discover_an_asset(world: World) -> str:
    """A scan finds assets in the network that was asked for, and each can be read."""
    prefix = f"10.{100 + secrets.randbelow(100)}.{secrets.randbelow(250)}."
    network = f"{prefix}0/24"
    scan_id = world.send("analyst", "POST", ASSETS, "/scans", {"network": network}, 202).get("id")
    scan = world.until(
        lambda: world.read("analyst", ASSETS, f"/scans/{scan_id}"),
        lambda scan: scan.get("status") == "done",
        "the scan is not done",
        blames=ASSETS,
    )
    demand(scan.get("network") == network, "the scan is of another network", blames=ASSETS)
    demand(scan.get("assetIds"), f"the scan of {network} found nothing", blames=ASSETS)
    for found in map(str, scan["assetIds"]):
        _forget_later(world, found, scan_id)
    asset_id = str(scan["assetIds"][0])
    asset = world.read("analyst", ASSETS, f"/assets/{asset_id}")
    is_inside = str(asset.get("address", "")).startswith(prefix)
    demand(is_inside, f"{asset_id} is not in {network}", blames=ASSETS)
    return asset_id


def _forget_later(world: World, asset_id: str, scan_id: object) -> None:
    """Remove what this scan found, and only if no other scan knew it: its id tells when it was new."""
    asset = world.read("analyst", ASSETS, f"/assets/{asset_id}")
    if asset.get("scanId") == scan_id and asset.get("firstSeen") == asset.get("lastSeen"):
        world.later(
            f"asset {asset_id}", lambda: world.ask("manager", "DELETE", ASSETS, f"/assets/{asset_id}")
        )


@step
def see_the_score(world: World, asset_id: str) -> float:
    """The entity has a score before anything happened."""
    return _score(world, asset_id)


def _score(world: World, asset_id: str) -> float:
    blames = "behavioral-analysis"
    score = world.read("analyst", blames, f"/entities/{asset_id}/score")
    demand(score.get("entityId") == asset_id, "a score of another entity", blames=blames)
    risk = score.get("risk")
    demand(isinstance(risk, (int, float)), "a score without a risk", blames=blames)
    return float(risk or 0.0)


@step
def see_the_score_rise(world: World, asset_id: str, before: float) -> None:
    """Suspicious events raise the score of their entity."""
    after = _score(world, asset_id)
    message = f"the risk of {asset_id} was {before:g} before suspicious events and is {after:g} after them"
    demand(after > before, message, blames="behavioral-analysis")


@step
def decide_with_a_second_person(world: World, threat_id: str, asset_id: str) -> str:
    """A decision needs a second person, and executing it twice is executing it once."""
    service = "decision-engine"
    decision = world.send("responder", "POST", service, "/decisions", {"threatId": threat_id}, 201)
    about = (decision.get("threatId"), decision.get("assetId"), decision.get("status"))
    demand(about == (threat_id, asset_id, "proposed"), f"proposed for {threat_id}: {about}", blames=service)
    path = f"/decisions/{decision.get('id')}"
    expect(world.ask("responder", "POST", service, f"{path}/approve"), 403, blames=service)
    expect(world.ask("manager", "POST", service, f"{path}/approve"), 200, blames=service)
    for _ in range(2):
        done = expect(world.ask("responder", "POST", service, f"{path}/execute"), 200, blames=service)
        status = document(done, blames=service).get("status")
        demand(status == "executed", f"executed, and it is {status}", blames=service)
    return str(decision.get("id"))


@step
def ask_the_assistant(world: World, asset_id: str, threat_id: str) -> None:
    """The assistant cites the very records that the journey made."""
    service = "nlp-assistant"
    question = {"question": f"What happened on asset {asset_id}?"}
    cited = world.send("analyst", "POST", service, "/query", question, 200).get("citations", ())
    missing = {asset_id, threat_id} - {str(citation.get("id")) for citation in cited}
    demand(not missing, f"asked about {asset_id}, the answer does not cite {sorted(missing)}", blames=service)
