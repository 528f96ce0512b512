"""What several journeys rest on: an asset, events about it, and the threat that they amount to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from journeys.checks import demand
from journeys.world import World, step

ASSETS, EVENTS, THREATS = "asset-discovery", "event-processor", "threat-detection"
ATTACK = ("port_scan", "login_failure", "privilege_escalation", "lateral_movement")
"""Kinds of events that together look like an intrusion."""


@step
def enter_an_asset(world: World, who: str, *, remover: str) -> str:
    """An asset that a person enters reads back as it was entered."""
    octets = [secrets.randbelow(256) for _ in range(2)]
    entered = {
        "hostname": f"{world.label}-{secrets.token_hex(4)}",
        "address": f"10.{octets[0]}.{octets[1]}.{1 + secrets.randbelow(254)}",
        "kind": "server",
        "tags": [world.label],
    }
    asset_id = str(world.send(who, "POST", ASSETS, "/assets", entered, 201).get("id"))
    world.later(f"asset {asset_id}", lambda: world.ask(remover, "DELETE", ASSETS, f"/assets/{asset_id}"))
    asset = world.read(who, ASSETS, f"/assets/{asset_id}")
    changed = {name: asset.get(name) for name, value in entered.items() if asset.get(name) != value}
    demand(not changed, f"{asset_id} was entered as {entered} and reads {changed}", blames=ASSETS)
    return asset_id


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
