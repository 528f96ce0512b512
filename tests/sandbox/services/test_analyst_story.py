"""The way of a security analyst through the six domain services, each step resting on an earlier one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.services.asset_discovery import app as assets
from sandbox.services.behavioral_analysis import app as behaviour
from sandbox.services.decision_engine import app as decisions
from sandbox.services.event_processor import app as events
from sandbox.services.nlp_assistant import app as assistant
from sandbox.services.threat_detection import app as threats
from tests.sandbox.support.running_platform import Build, RunningPlatform, poll, running

BUILDS: dict[str, Build] = {
    module.NAME: module.build for module in (assets, behaviour, decisions, events, assistant, threats)
}
TRACE = "7" * 32
ATTACK = (("login_failure", "medium"), ("privilege_escalation", "high"), ("data_exfiltration", "critical"))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """The six services."""
    with running(tmp_path_factory.mktemp("story"), BUILDS) as started:
        yield started


def _discover(platform: RunningPlatform) -> str:
    """Scan a network and take an asset that was found."""
    client = platform.client(assets.NAME, "analyst", trace_id=TRACE)
    scan_id = client.post("/v1/scans", json={"network": "10.42.42.0/24"}).json()["id"]
    scan = poll(lambda: (seen := client.get(f"/v1/scans/{scan_id}").json())["status"] == "done" and seen)
    asset_id: str = client.get(f"/v1/assets/{scan['assetIds'][0]}").json()["id"]
    return asset_id


def _attack(platform: RunningPlatform, asset_id: str) -> tuple[list[str], str]:
    """Report an attack on the asset and wait for the one correlation that tells it."""
    client = platform.client(events.NAME, "analyst", trace_id=TRACE)
    batch = [{"assetId": asset_id, "kind": kind, "severity": severity} for kind, severity in ATTACK]
    sent = client.post("/v1/events:batch", json={"events": batch}).json()
    event_ids = [item["id"] for item in sent["items"]]

    def told() -> set[str | None]:
        return {client.get(f"/v1/events/{event_id}").json()["correlationId"] for event_id in event_ids}

    assert poll(lambda: None not in told())
    (correlation_id,) = told()
    return event_ids, str(correlation_id)


def _respond(platform: RunningPlatform, threat_id: str) -> dict[str, Any]:
    """Propose as one person, approve and execute as another."""
    proposer = platform.client(decisions.NAME, "analyst", person="usr_one", trace_id=TRACE)
    proposed = proposer.post("/v1/decisions", json={"threatId": threat_id}).json()
    second = platform.client(decisions.NAME, "responder", person="usr_two", trace_id=TRACE)
    path = f"/v1/decisions/{proposed['id']}"
    assert second.post(f"{path}/approve").json()["approvedBy"] == "usr_two"
    executed: dict[str, Any] = second.post(f"{path}/execute").json()
    return executed


def test_an_attack_is_found_scored_answered_and_explained(platform: RunningPlatform) -> None:
    """The same asset, events, threat and decision run through all six services, in one trace."""
    asset_id = _discover(platform)
    scorer = platform.client(behaviour.NAME, "analyst", trace_id=TRACE)
    before = scorer.get(f"/v1/entities/{asset_id}/score").json()["risk"]
    event_ids, correlation_id = _attack(platform, asset_id)
    finder = platform.client(threats.NAME, "analyst", trace_id=TRACE)
    (threat,) = finder.get("/v1/threats", params={"assetId": asset_id}).json()["items"]
    assert (threat["correlationId"], sorted(threat["eventIds"])) == (correlation_id, sorted(event_ids))
    score = scorer.post("/v1/score", json={"entityId": asset_id}).json()
    assert score["risk"] > before
    assert set(score["eventIds"]) == set(event_ids)
    decision = _respond(platform, threat["id"])
    assert (decision["assetId"], decision["status"]) == (asset_id, "executed")
    assert decision["risk"] == score["risk"]
    asker = platform.client(assistant.NAME, "analyst", trace_id=TRACE)
    reply = asker.post("/v1/query", json={"question": f"What happened on asset {asset_id}?"}).json()
    cited = {citation["id"] for citation in reply["citations"]}
    assert cited == {asset_id, threat["id"], decision["id"], *event_ids}
    expected = ["scan.started", "scan.finished", "event.batch_ingested", "threat.detected", "entity.scored"]
    expected += ["decision.proposed", "decision.approved", "asset.changed", "threat.changed"]
    expected += ["decision.executed", "assistant.asked"]
    assert poll(lambda: platform.trail.actions(TRACE) == expected)
