"""threat-detection: threats derive from correlations, keep their asset, and derive once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit import records
from sandbox.kit.seed import TENANTS
from sandbox.services.event_processor import app as events_app
from sandbox.services.threat_detection import app, domain
from sandbox.services.threat_detection.domain import Correlation
from tests.sandbox.support.running_platform import RunningPlatform, poll, running

NAME = app.NAME

correlations = st.builds(
    Correlation,
    id=st.just("cor_1"),
    asset_id=st.sampled_from(["ast_a", "ast_b"]),
    pattern=st.sampled_from(sorted(domain.TECHNIQUES)),
    severity=st.sampled_from(domain.SEVERITIES),
    event_ids=st.integers(1, 30).map(lambda count: tuple(f"evt_{number}" for number in range(count))),
    indicators=st.lists(st.sampled_from(["10.0.0.9", "evil.test"]), unique=True).map(tuple),
    first_seen=st.just(0.0),
    last_seen=st.just(1.0),
)


@given(correlations)
def test_a_threat_keeps_the_asset_and_the_events_of_its_correlation(correlation: Correlation) -> None:
    """What is severe is a threat, and the threat says which asset and which events."""
    threat = domain.assess("acme", correlation, known_bad=[])
    if correlation.severity in {"high", "critical"}:
        assert threat is not None
    if threat is not None:
        assert threat.correlation == correlation
        assert 0.0 < threat.confidence <= 1.0


@given(correlations)
def test_a_known_indicator_never_lowers_anything(correlation: Correlation) -> None:
    """Knowing that a value is bad makes a threat of it, at least as severe and as sure as before."""
    before = domain.assess("acme", correlation, known_bad=[])
    after = domain.assess("acme", correlation, known_bad=correlation.indicators)
    if not correlation.indicators:
        assert before == after
        return
    assert after is not None
    assert after.severity in {"high", "critical"}
    if before is not None:
        assert after.confidence >= before.confidence


@given(correlations)
def test_more_events_never_lower_the_confidence(correlation: Correlation) -> None:
    """Confidence is monotone in the number of events."""
    more = replace(correlation, event_ids=(*correlation.event_ids, "evt_more"))
    assert domain.confidence_of(more, ()) >= domain.confidence_of(correlation, ())


def test_a_routine_correlation_is_no_threat() -> None:
    """One ordinary event does not wake anybody."""
    routine = Correlation(
        id="cor_1",
        asset_id="ast_a",
        pattern="routine",
        severity="info",
        event_ids=("evt_1",),
        indicators=(),
        first_seen=0.0,
        last_seen=0.0,
    )
    assert domain.assess("acme", routine, known_bad=[]) is None


def test_the_id_of_a_threat_depends_on_tenant_and_correlation_alone() -> None:
    """Deriving twice gives one threat; two tenants never share one."""
    assert domain.threat_id("acme", "cor_1") == domain.threat_id("acme", "cor_1")
    assert domain.threat_id("acme", "cor_1") != domain.threat_id("globex", "cor_1")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """A running threat-detection beside a running event-processor."""
    builds = {NAME: app.build, events_app.NAME: events_app.build}
    with running(tmp_path_factory.mktemp("threats"), builds) as started:
        yield started


def _report(platform: RunningPlatform, asset_id: str, severity: str, *values: str) -> str:
    """Send an event and wait until it is correlated."""
    sender = platform.client(events_app.NAME, "analyst")
    event = {"assetId": asset_id, "kind": "login_failure", "severity": severity, "indicators": list(values)}
    event_id: str = sender.post("/v1/events", json=event).json()["id"]
    assert poll(lambda: sender.get(f"/v1/events/{event_id}").json()["correlationId"])
    return event_id


def _threats(client: httpx.Client, **params: str) -> list[dict[str, Any]]:
    page = client.get("/v1/threats", params={"limit": 200, **params}).json()
    assert page["freshness"] == "current"
    found: list[dict[str, Any]] = page["items"]
    return found


def test_a_threat_appears_with_its_asset_and_events(platform: RunningPlatform) -> None:
    """A severe event on an asset is a threat to that asset at the next look, and names the event."""
    event_id = _report(platform, "ast_threat1", "critical")
    viewer = platform.client(NAME, "viewer")
    (threat,) = _threats(viewer, assetId="ast_threat1")
    assert (threat["assetId"], threat["eventIds"], threat["severity"]) == (
        "ast_threat1",
        [event_id],
        "critical",
    )
    assert viewer.get(f"/v1/threats/{threat['id']}").json() == threat


def test_a_growing_story_stays_one_threat_and_keeps_what_people_said(platform: RunningPlatform) -> None:
    """A later event joins the threat; its status and assignee stay."""
    first = _report(platform, "ast_threat2", "high")
    analyst = platform.client(NAME, "analyst")
    (threat,) = _threats(analyst, assetId="ast_threat2")
    change = {"status": "investigating", "assignee": "usr_1"}
    assert analyst.patch(f"/v1/threats/{threat['id']}", json=change).status_code == 200
    second = _report(platform, "ast_threat2", "high")
    (grown,) = _threats(analyst, assetId="ast_threat2")
    assert (grown["id"], grown["eventIds"]) == (threat["id"], [first, second])
    assert (grown["status"], grown["assignee"]) == ("investigating", "usr_1")
    assert grown["confidence"] > threat["confidence"]


def test_an_indicator_makes_a_threat_of_what_was_none(platform: RunningPlatform) -> None:
    """A harmless event with a value that is later known to be bad is a threat when looked at again."""
    _report(platform, "ast_threat3", "low", "bad.example")
    analyst = platform.client(NAME, "analyst")
    assert _threats(analyst, assetId="ast_threat3") == []
    body = {"kind": "domain", "value": "bad.example"}
    assert analyst.post("/v1/indicators", json=body).status_code == 201
    assert analyst.post("/v1/indicators", json=body).status_code == 409
    analysis = analyst.post("/v1/analyze", json={"assetId": "ast_threat3"}).json()
    (threat,) = analysis["threats"]
    assert (analysis["correlations"], threat["matchedIndicators"]) == (1, ["bad.example"])
    assert _threats(analyst, assetId="ast_threat3") == [threat]


def test_tenants_and_roles_bound_everything(platform: RunningPlatform) -> None:
    """A threat does not exist for another tenant, and a viewer changes nothing."""
    _report(platform, "ast_threat4", "high")
    (threat,) = _threats(platform.client(NAME, "viewer"), assetId="ast_threat4")
    path = f"/v1/threats/{threat['id']}"
    stranger = platform.client(NAME, "admin", tenant="globex")
    assert stranger.get(path).status_code == 404
    assert stranger.patch(path, json={"status": "closed"}).status_code == 404
    assert _threats(stranger, assetId="ast_threat4") == []
    viewer = platform.client(NAME, "viewer")
    assert viewer.patch(path, json={"status": "closed"}).status_code == 403
    assert viewer.post("/v1/analyze", json={"assetId": "ast_threat4"}).status_code == 403
    assert viewer.post("/v1/indicators", json={"kind": "name", "value": "x"}).status_code == 403
    assert viewer.get(path).json()["status"] == "open"


def test_the_seed_agrees_with_what_is_derived(platform: RunningPlatform) -> None:
    """Deriving from the seeded events makes exactly the seeded threats, and reports none of them as new."""
    seeded = sum(
        sum(threat["assetId"].startswith("ast_00") for threat in _threats(viewer))
        for viewer in (platform.client(NAME, "viewer", tenant=tenant) for tenant in TENANTS)
    )
    assert seeded == records.INCIDENTS
    detected = [entry for entry in platform.trail.entries if entry["action"] == "threat.detected"]
    assert not [entry for entry in detected if entry["detail"]["asset"].startswith("ast_00")]


def test_a_silent_event_processor_leaves_old_answers_and_no_analysis(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Without event-processor the list says that it is stale, and an analysis is refused, not made up."""
    with running(tmp_path_factory.mktemp("alone"), {NAME: app.build}) as alone:
        analyst = alone.client(NAME, "analyst")
        page = analyst.get("/v1/threats").json()
        assert page["freshness"] == "stale"
        assert page["items"]
        answer = analyst.post("/v1/analyze", json={"assetId": "ast_threat1"})
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
