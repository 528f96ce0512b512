"""The security analyst's day: from signing in to a decision that two people made.

Each step asserts a relation to an earlier one, so that a hollow 200 cannot pass; a failure blames the service
whose answer broke the thread.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from journeys.checks import demand, document, expect
from journeys.checks import field as field_of
from journeys.session import Tokens

_PATIENCE_S = 10.0
_PAUSE_S = 0.05
_BATCH = ("port_scan", "login_failure", "privilege_escalation", "lateral_movement")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the journey needs: the public doors and three people of one tenant.

    `trace` is the trace id that all requests of this journey share (W3C Trace Context).
    """

    gateway: httpx.Client
    frontend: httpx.Client
    analyst: Tokens
    responder: Tokens
    manager: Tokens
    trace: str = field(default_factory=lambda: secrets.token_hex(16))

    def ask(self, who: Tokens, method: str, service: str, path: str, **content: Any) -> httpx.Response:
        """Send one request through the gateway as one of the people."""
        headers = {**who.headers, "traceparent": f"00-{self.trace}-{secrets.token_hex(8)}-01"}
        return self.gateway.request(method, f"/api/v1/{service}/v1{path}", headers=headers, **content)


def security_analyst_workflow(world: World) -> None:
    """Take the whole way.

    Raises:
        DemandNotMetError: a step did not show what an earlier one did.
    """
    see_the_door(world)
    asset_id = discover_an_asset(world)
    before = score_of(world, asset_id)
    event_ids = report_events(world, asset_id)
    correlation_id = await_correlation(world, event_ids)
    threat_id = find_the_threat(world, asset_id, correlation_id)
    see_the_score_rise(world, asset_id, before)
    decision_id = decide_with_a_second_person(world, threat_id, asset_id)
    ask_the_assistant(world, asset_id, threat_id)
    read_the_trail(world, [asset_id, event_ids[0], decision_id])


def see_the_door(world: World) -> None:
    """The sign-in page is there, and the dashboard is not for strangers."""
    page = expect(world.frontend.get("/login"), 200, blames="frontend")
    demand("<form" in page.text, "/login shows no form", blames="frontend")
    expect(world.frontend.get("/dashboard"), 302, 303, 401, blames="frontend")


def discover_an_asset(world: World) -> str:
    """A scan finds assets in the network that was asked for, and each can be read."""
    service = "asset-discovery"
    network = f"10.{100 + secrets.randbelow(100)}.{secrets.randbelow(250)}.0/24"
    started = world.ask(world.analyst, "POST", service, "/scans", json={"network": network})
    scan_id = field_of(expect(started, 202, blames=service), "id", blames=service)

    def is_done(scan: Mapping[str, Any]) -> bool:
        return scan.get("status") == "done"

    scan = _until(world, service, f"/scans/{scan_id}", is_done, "the scan is not done")
    demand(scan.get("network") == network, "the scan is of another network", blames=service)
    demand(scan.get("assetIds"), f"the scan of {network} found nothing", blames=service)
    asset_id = str(scan["assetIds"][0])
    asset = _read(world, service, f"/assets/{asset_id}")
    prefix = network.removesuffix("0/24")
    demand(
        str(asset.get("address", "")).startswith(prefix), f"{asset_id} is not in {network}", blames=service
    )
    return asset_id


def score_of(world: World, asset_id: str) -> float:
    """The entity has a score before anything happened."""
    score = _read(world, "behavioral-analysis", f"/entities/{asset_id}/score")
    demand(score.get("entityId") == asset_id, "a score of another entity", blames="behavioral-analysis")
    risk = score.get("risk")
    demand(isinstance(risk, (int, float)), "a score without a risk", blames="behavioral-analysis")
    return float(risk or 0.0)


def report_events(world: World, asset_id: str) -> list[str]:
    """A batch is taken whole, and each event can be read back about this asset."""
    service = "event-processor"
    events = [
        {"assetId": asset_id, "kind": kind, "severity": "high", "summary": f"{world.trace} {kind}"}
        for kind in _BATCH
    ]
    sent = world.ask(world.analyst, "POST", service, "/events:batch", json={"events": events})
    items = field_of(expect(sent, 207, blames=service), "items", blames=service)
    event_ids = [str(item.get("id")) for item in items]
    demand(
        len(set(event_ids)) == len(_BATCH), f"{len(_BATCH)} events sent, taken: {event_ids}", blames=service
    )
    for event_id, kind in zip(event_ids, _BATCH, strict=True):
        event = _read(world, service, f"/events/{event_id}")
        seen = (event.get("assetId"), event.get("kind"))
        demand(seen == (asset_id, kind), f"{event_id} was sent as {kind} and reads {seen}", blames=service)
    return event_ids


def await_correlation(world: World, event_ids: list[str]) -> str:
    """All events of the batch are told in one correlation, within the bound."""
    service = "event-processor"

    def is_told(event: Mapping[str, Any]) -> bool:
        return bool(event.get("correlationId"))

    event = _until(world, service, f"/events/{event_ids[0]}", is_told, "the event is not correlated")
    correlation_id = str(event["correlationId"])
    told = _read(world, service, f"/correlations/{correlation_id}").get("eventIds", [])
    missing = set(event_ids) - set(told)
    demand(not missing, f"{correlation_id} does not tell {sorted(missing)}", blames=service)
    return correlation_id


def find_the_threat(world: World, asset_id: str, correlation_id: str) -> str:
    """Analysis makes a threat of the correlation, about this very asset."""
    service = "threat-detection"
    answer = world.ask(world.analyst, "POST", service, "/analyze", json={"assetId": asset_id})
    threats = field_of(expect(answer, 200, blames=service), "threats", blames=service)
    mine = [threat for threat in threats if threat.get("correlationId") == correlation_id]
    demand(mine, f"no threat was made of {correlation_id}", blames=service)
    threat = _read(world, service, f"/threats/{mine[0]['id']}")
    demand(threat.get("assetId") == asset_id, "the threat is about another asset", blames=service)
    return str(threat["id"])


def see_the_score_rise(world: World, asset_id: str, before: float) -> None:
    """Suspicious events raise the score of their entity."""
    after = score_of(world, asset_id)
    message = f"the risk of {asset_id} was {before:g} before suspicious events and is {after:g} after them"
    demand(after > before, message, blames="behavioral-analysis")


def decide_with_a_second_person(world: World, threat_id: str, asset_id: str) -> str:
    """A decision needs a second person, and executing it twice is executing it once."""
    service = "decision-engine"
    proposed = world.ask(world.responder, "POST", service, "/decisions", json={"threatId": threat_id})
    decision = document(expect(proposed, 201, blames=service), blames=service)
    about = (decision.get("threatId"), decision.get("assetId"), decision.get("status"))
    demand(about == (threat_id, asset_id, "proposed"), f"proposed for {threat_id}: {about}", blames=service)
    path = f"/decisions/{decision.get('id')}"
    expect(world.ask(world.responder, "POST", service, f"{path}/approve"), 403, blames=service)
    expect(world.ask(world.manager, "POST", service, f"{path}/approve"), 200, blames=service)
    for _ in range(2):
        done = expect(world.ask(world.responder, "POST", service, f"{path}/execute"), 200, blames=service)
        status = field_of(done, "status", blames=service)
        demand(status == "executed", f"executed, and it is {status}", blames=service)
    return str(decision.get("id"))


def ask_the_assistant(world: World, asset_id: str, threat_id: str) -> None:
    """The assistant cites the very records that the journey made."""
    service = "nlp-assistant"
    question = {"question": f"What happened on asset {asset_id}?"}
    answer = world.ask(world.analyst, "POST", service, "/query", json=question)
    cited = field_of(expect(answer, 200, blames=service), "citations", blames=service)
    named = {str(citation.get("id")) for citation in cited}
    missing = {asset_id, threat_id} - named
    demand(not missing, f"asked about {asset_id}, the answer does not cite {sorted(missing)}", blames=service)


def read_the_trail(world: World, targets: list[str]) -> None:
    """The audit trail names what was done, under the one trace of this journey."""
    service = "auth-service"
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        answer = world.ask(world.manager, "GET", service, f"/audit?traceId={world.trace}&limit=200")
        entries = field_of(expect(answer, 200, blames=service), "items", blames=service)
        noted = {str(entry.get("target")) for entry in entries}
        missing = set(targets[1:]) - noted
        if not missing or time.monotonic() > deadline:
            break
        threading.Event().wait(_PAUSE_S)
    demand(not missing, f"the audit trail of {world.trace} lacks {sorted(missing)}", blames=service)


def _read(world: World, service: str, path: str) -> dict[str, Any]:
    answer = world.ask(world.analyst, "GET", service, path)
    return document(expect(answer, 200, blames=service), blames=service)


def _until(
    world: World, service: str, path: str, is_there: Callable[[Mapping[str, Any]], bool], complaint: str
) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        found = _read(world, service, path)
        if is_there(found) or time.monotonic() > deadline:
            demand(is_there(found), f"{complaint} after {_PATIENCE_S:g} s", blames=service)
            return found
        threading.Event().wait(_PAUSE_S)
