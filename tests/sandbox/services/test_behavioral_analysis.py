"""behavioral-analysis: the score is bounded, rises with every event, and is relative to the baseline."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit import records
from sandbox.services.asset_discovery import app as assets_app
from sandbox.services.behavioral_analysis import app, domain
from sandbox.services.behavioral_analysis.domain import Activity, Baseline
from sandbox.services.event_processor import app as events_app
from tests.sandbox.support.running_platform import RunningPlatform, running

NAME = app.NAME
ENTITY = records.seed_id("ast", "acme", 3)

severities = st.sampled_from(sorted(domain.SEVERITY_WEIGHTS))
kinds = st.sampled_from(["login_success", "port_scan", *sorted(domain.SUSPICIOUS_KINDS)])
activities = st.lists(st.builds(Activity, id=st.just("evt_1"), kind=kinds, severity=severities), max_size=30)
days = st.lists(st.floats(0, 50, allow_nan=False), min_size=1, max_size=domain.BASELINE_DAYS)


@given(activities, days)
def test_the_risk_stays_between_zero_and_hundred(seen: list[Activity], past: list[float]) -> None:
    """No past and no storm of events leads out of the scale."""
    assert 0.0 < domain.score(seen, domain.baseline_of(past)).risk < 100.0


@given(activities, days, kinds, severities)
def test_every_event_raises_the_risk(
    seen: list[Activity], past: list[float], kind: str, severity: str
) -> None:
    """The score is strictly monotone in the events."""
    baseline = domain.baseline_of(past)
    before = domain.risk_of(domain.score(seen, baseline).observed, baseline)[0]
    more = [*seen, Activity(id="evt_2", kind=kind, severity=severity)]
    assert domain.risk_of(domain.score(more, baseline).observed, baseline)[0] > before


@given(activities, st.floats(0, 20), st.floats(0, 20), st.floats(0.1, 20))
def test_a_busier_past_lowers_the_risk(
    seen: list[Activity], mean: float, deviation: float, more: float
) -> None:
    """The same activity is less remarkable for an entity that is always active."""
    quiet = Baseline(mean=mean, deviation=deviation, days=60)
    busy = Baseline(mean=mean + more, deviation=deviation, days=60)
    observed = domain.score(seen, quiet).observed
    assert domain.risk_of(observed, busy)[0] < domain.risk_of(observed, quiet)[0]


def test_the_midpoint_is_fifty() -> None:
    """Activity of three deviations above the mean scores fifty, which is an anomaly."""
    risk, z = domain.risk_of(16.0, Baseline(mean=10.0, deviation=2.0, days=60))
    assert (risk, z) == (50.0, 3.0)
    assert domain.level_of(risk) == "high"


@given(st.lists(days, min_size=1, max_size=4))
def test_peers_pool_their_days(pasts: list[list[float]]) -> None:
    """An entity without a past is measured by all days of its peers together."""
    assert domain.peer_baseline(pasts).days == sum(len(past) for past in pasts)


def test_no_past_is_silence() -> None:
    """Without a past of its own or of peers, any activity counts in full."""
    assert domain.baseline_of([]) == Baseline(mean=0.0, deviation=0.0, days=0)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """A running behavioral-analysis beside the services that it reads from."""
    builds = {NAME: app.build, events_app.NAME: events_app.build, assets_app.NAME: assets_app.build}
    with running(tmp_path_factory.mktemp("behaviour"), builds) as started:
        yield started


def _report(platform: RunningPlatform, asset_id: str, kind: str, severity: str) -> str:
    event = {"assetId": asset_id, "kind": kind, "severity": severity}
    sent = platform.client(events_app.NAME, "analyst").post("/v1/events", json=event)
    event_id: str = sent.json()["id"]
    return event_id


def test_the_score_rises_with_each_suspicious_event(platform: RunningPlatform) -> None:
    """What is reported about an entity raises its score at once, and the score names the events."""
    viewer = platform.client(NAME, "viewer")
    path = f"/v1/entities/{ENTITY}/score"
    risks = [viewer.get(path).json()["risk"]]
    sent = []
    for kind in ("login_failure", "privilege_escalation", "data_exfiltration"):
        sent.append(_report(platform, ENTITY, kind, "high"))
        score = viewer.get(path).json()
        risks.append(score["risk"])
        assert set(score["eventIds"]) == set(sent)
    assert risks == sorted(set(risks))
    assert risks[0] < domain.ANOMALOUS_FROM < risks[-1]


def test_the_score_follows_the_documented_formula(platform: RunningPlatform) -> None:
    """Weights, baseline and formula of the model give exactly the score that is answered."""
    entity = records.seed_id("ast", "acme", 4)
    _report(platform, entity, "malware_detected", "medium")
    viewer = platform.client(NAME, "viewer")
    model = viewer.get("/v1/model").json()
    past = viewer.get(f"/v1/entities/{entity}/baseline").json()
    score = viewer.get(f"/v1/entities/{entity}/score").json()
    observed = model["severityWeights"]["medium"] * model["suspicionFactor"]
    z = (observed - past["mean"]) / max(past["deviation"], model["deviationFloor"])
    distance = z - model["midpoint"]
    assert score["risk"] == pytest.approx(50 * (1 + distance / (1 + abs(distance))), abs=1e-3)
    assert (past["source"], past["days"]) == ("own", domain.BASELINE_DAYS)


def test_an_anomaly_is_kept_once_a_day(platform: RunningPlatform) -> None:
    """Scoring an entity that left the ordinary keeps one anomaly, at its highest."""
    entity = records.seed_id("ast", "acme", 5)
    analyst = platform.client(NAME, "analyst")
    scores = []
    for _ in range(2):
        _report(platform, entity, "lateral_movement", "critical")
        scores.append(analyst.post("/v1/score", json={"entityId": entity}).json())
    assert all(score["isAnomalous"] for score in scores)
    (anomaly,) = analyst.get("/v1/anomalies", params={"entityId": entity}).json()["items"]
    assert anomaly["risk"] == scores[1]["risk"] > scores[0]["risk"]


def test_a_new_asset_is_measured_by_its_peers(platform: RunningPlatform) -> None:
    """An asset without a past has its peers' baseline; what is no asset has no score."""
    inventory = platform.client(assets_app.NAME, "analyst")
    body = {"hostname": "new-1", "address": "10.77.0.1", "kind": "server"}
    asset_id = inventory.post("/v1/assets", json=body).json()["id"]
    viewer = platform.client(NAME, "viewer")
    baseline = viewer.get(f"/v1/entities/{asset_id}/baseline").json()
    assert (baseline["source"], baseline["daily"]) == ("peers", [])
    assert baseline["days"] > domain.BASELINE_DAYS
    before = viewer.get(f"/v1/entities/{asset_id}/score").json()["risk"]
    _report(platform, asset_id, "malware_detected", "high")
    assert viewer.get(f"/v1/entities/{asset_id}/score").json()["risk"] > before
    assert viewer.get("/v1/entities/ast_nobody/score").status_code == 404


def test_other_tenants_have_no_score_of_it(platform: RunningPlatform) -> None:
    """An entity of one tenant is unknown to another; a viewer keeps no anomaly."""
    stranger = platform.client(NAME, "admin", tenant="globex")
    assert stranger.get(f"/v1/entities/{ENTITY}/baseline").status_code == 404
    assert stranger.get(f"/v1/entities/{ENTITY}/score").status_code == 404
    assert stranger.post("/v1/score", json={"entityId": ENTITY}).status_code == 404
    assert stranger.get("/v1/anomalies", params={"entityId": ENTITY}).json()["items"] == []
    assert platform.client(NAME, "viewer").post("/v1/score", json={"entityId": ENTITY}).status_code == 403


def test_no_score_without_events(tmp_path_factory: pytest.TempPathFactory) -> None:
    """When event-processor is silent there is no score at all: a missing present is not a quiet one."""
    with running(tmp_path_factory.mktemp("alone"), {NAME: app.build}) as alone:
        viewer = alone.client(NAME, "viewer")
        assert viewer.get(f"/v1/entities/{ENTITY}/score").status_code == 503
        assert viewer.get(f"/v1/entities/{ENTITY}/baseline").status_code == 200
