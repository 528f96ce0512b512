"""What several journeys rest on: an asset, events about it, and the threat that they amount to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from journeys.checks import demand, document, expect
from journeys.world import World, step

ASSETS, EVENTS, THREATS = "asset-discovery", "event-processor", "threat-detection"
ATTACK = ("port_scan", "login_failure", "privilege_escalation", "lateral_movement")
"""Kinds of events that together look like an intrusion."""
_DRAWS = 3
"""How many random addresses are tried while other assets have them."""
_PAGES = 50
"""How many pages of a tenant's assets are searched for the one that has an address."""


@step
def enter_an_asset(world: World, who: str, *, remover: str) -> str:
    """An asset that a person enters reads back as it was entered."""
    entered, answer = _entered(world, who)
    asset_id = str(document(expect(answer, 201, blames=ASSETS), blames=ASSETS).get("id"))
    world.later(f"asset {asset_id}", lambda: world.ask(remover, "DELETE", ASSETS, f"/assets/{asset_id}"))
    asset = world.read(who, ASSETS, f"/assets/{asset_id}")
    changed = {name: asset.get(name) for name, value in entered.items() if asset.get(name) != value}
    demand(not changed, f"{asset_id} was entered as {entered} and reads {changed}", blames=ASSETS)
    return asset_id


def _entered(world: World, who: str, draws: int = _DRAWS) -> tuple[dict[str, Any], httpx.Response]:
    """Return what was sent last, and its answer: a random address that another asset has is drawn again."""
    asset = {
        "hostname": f"{world.label}-{secrets.token_hex(4)}",
        "address": draw_address(),
        "kind": "server",
        "tags": [world.label],
    }
    answer = world.ask(who, "POST", ASSETS, "/assets", json=asset)
    is_taken = answer.status_code == httpx.codes.CONFLICT and "address_taken" in answer.text
    if not is_taken or draws == 1:
        return asset, answer
    find_the_holder(world, who, asset)
    return _entered(world, who, draws - 1)


def draw_address() -> str:
    """Return a random host address of 10/8."""
    return f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"


@step
def find_the_holder(world: World, who: str, refused: Mapping[str, Any]) -> None:
    """An address that is refused as taken belongs to an asset, and not to the one that was just refused."""
    cursor = ""
    for _ in range(_PAGES):
        page = world.read(who, ASSETS, f"/assets?limit=200{cursor}")
        holder = next((a for a in page.get("items", ()) if a.get("address") == refused["address"]), None)
        if holder is not None:
            is_other = holder.get("hostname") != refused["hostname"]
            message = f"{refused['address']} was refused as taken, and is stored as {holder.get('id')}"
            demand(is_other, message, blames=ASSETS)
            return
        is_last = not page.get("nextCursor")
        demand(not is_last, f"{refused['address']} is refused as taken, and no asset has it", blames=ASSETS)
        cursor = f"&cursor={page['nextCursor']}"


@step
def report_events(
    world: World,
    who: str,
    asset_id: str,
    kinds: Sequence[str] = ATTACK,
    more: Mapping[str, Any] | None = None,
) -> list[str]:
    """A batch is taken whole, and each event can be read back about this asset."""
    common = {"assetId": asset_id, "severity": "high", "summary": f"{world.label} {world.trace}"}
    events = [{**common, **(more or {}), "kind": kind} for kind in kinds]
    answer = world.send(who, "POST", EVENTS, "/events:batch", {"events": events}, 207)
    event_ids = [str(item.get("id")) for item in answer.get("items", ())]
    is_whole = len(set(event_ids)) == len(kinds)
    demand(is_whole, f"{len(kinds)} events sent, taken: {event_ids}", blames=EVENTS)
    for event_id, kind in zip(event_ids, kinds, strict=True):
        event = world.read(who, EVENTS, f"/events/{event_id}")
        seen = (event.get("assetId"), event.get("kind"))
        demand(seen == (asset_id, kind), f"{event_id} was sent as {kind} and reads {seen}", blames=EVENTS)
    return event_ids


@step
def await_correlation(world: World, who: str, event_ids: Sequence[str]) -> str:
    """All events of the batch are told in one correlation, within the bound."""
    event = world.until(
        lambda: world.read(who, EVENTS, f"/events/{event_ids[0]}"),
        lambda event: event.get("correlationId"),
        "the event is not correlated",
        blames=EVENTS,
    )
    correlation_id = str(event["correlationId"])
    told = world.read(who, EVENTS, f"/correlations/{correlation_id}").get("eventIds", [])
    missing = set(event_ids) - set(told)
    demand(not missing, f"{correlation_id} does not tell {sorted(missing)}", blames=EVENTS)
    return correlation_id


def analyzed(world: World, who: str, asset_id: str) -> list[dict[str, Any]]:
    """Return the threats that an analysis makes of an asset's events now."""
    answer = world.send(who, "POST", THREATS, "/analyze", {"assetId": asset_id}, 200)
    threats = answer.get("threats")
    demand(isinstance(threats, list), f"the analysis of {asset_id} tells no threats", blames=THREATS)
    return list(threats or ())


@step
def find_the_threat(world: World, who: str, asset_id: str, correlation_id: str) -> str:
    """Analysis makes a threat of the correlation, about this very asset."""
    mine = [t for t in analyzed(world, who, asset_id) if t.get("correlationId") == correlation_id]
    demand(mine, f"no threat was made of {correlation_id}", blames=THREATS)
    threat_id = str(mine[0].get("id"))
    threat = world.read(who, THREATS, f"/threats/{threat_id}")
    demand(threat.get("assetId") == asset_id, "the threat is about another asset", blames=THREATS)
    return threat_id


@step
def read_the_trail(world: World, who: str, wanted: Sequence[tuple[str, str]]) -> None:
    """The audit trail names what was done to what (action, target) under the one trace of this journey."""
    blames = "auth-service"

    def noted() -> set[tuple[str, str]]:
        entries = world.read(who, blames, f"/audit?traceId={world.trace}&limit=200").get("items", ())
        return {(str(entry.get("action")), str(entry.get("target"))) for entry in entries}

    missing = set(wanted) - noted()
    if missing:
        complaint = f"the audit trail of {world.trace} lacks {sorted(missing)}"
        world.until(noted, lambda seen: not set(wanted) - seen, complaint, blames=blames)
