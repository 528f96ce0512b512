"""The way of a security analyst through the six domain services, each step resting on an earlier one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.kit.settings import Settings
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
ALONE = (
    "import importlib, sys, threading, asyncio, os\n"
    "before = set(os.listdir('/proc/self/fd')) if os.path.isdir('/proc/self/fd') else set()\n"
    "for name in sys.argv[1:]: importlib.import_module(name)\n"
    "after = set(os.listdir('/proc/self/fd')) if before else set()\n"
    "assert threading.active_count() == 1, threading.enumerate()\n"
    "assert len(after) <= len(before), after - before\n"
    "assert asyncio.get_event_loop_policy()._local._loop is None\n"
)
ATTACK = (("login_failure", "medium"), ("privilege_escalation", "high"), ("data_exfiltration", "critical"))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """The six services."""
    with running(tmp_path_factory.mktemp("story"), BUILDS) as started:
        yield started


def test_importing_starts_and_opens_nothing() -> None:
    """A process that imported all six can be forked: one thread, no open file, no event loop."""
    names = [build.__module__ for build in BUILDS.values()]
    command = [sys.executable, "-c", ALONE, *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_building_opens_nothing(tmp_path: Path) -> None:
    """An app is built without touching its database; that is opened when the app starts."""
    for name, build in BUILDS.items():
        build(Settings(service=name, data_dir=tmp_path))
    assert list(tmp_path.iterdir()) == []


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
