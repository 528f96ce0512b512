"""event-processor: nothing is lost, nothing is counted twice, and every event finds its correlation."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit import records
from sandbox.kit.seed import TENANTS
from sandbox.kit.store import Store
from sandbox.services.event_processor import app, domain, store
from sandbox.services.event_processor.correlator import Correlator
from sandbox.services.event_processor.domain import CorrelationDraft, PendingEvent
from sandbox.services.event_processor.seeding import seed
from tests.sandbox.support.running_platform import RunningPlatform, poll, running

NAME = app.NAME


@st.composite
def _events(draw: st.DrawFn) -> list[PendingEvent]:
    count = draw(st.integers(0, 40))
    return [
        PendingEvent(
            id=f"evt_{number}",
            asset_id=draw(st.sampled_from(["ast_a", "ast_b"])),
            kind=draw(st.sampled_from(domain.KINDS)),
            severity=draw(st.sampled_from(domain.SEVERITIES)),
            occurred_at=draw(st.floats(0, 20_000, allow_nan=False)),
        )
        for number in range(count)
    ]


@given(_events())
def test_every_event_joins_exactly_one_story_of_its_asset(events: list[PendingEvent]) -> None:
    """Each event is told once, by a draft of the event's own asset that spans its time."""
    drafts = domain.correlate(events, [])
    by_id = {event.id: event for event in events}
    joined = [(draft, event_id) for draft in drafts for event_id in draft.joined]
    assert sorted(event_id for _, event_id in joined) == sorted(by_id)
    for draft, event_id in joined:
        assert by_id[event_id].asset_id == draft.asset_id
        assert draft.first_seen <= by_id[event_id].occurred_at <= draft.last_seen


@given(_events())
def test_a_story_is_as_severe_as_its_worst_event(events: list[PendingEvent]) -> None:
    """The severity and the kinds of a draft are those of its events."""
    by_id = {event.id: event for event in events}
    for draft in domain.correlate(events, []):
        members = [by_id[event_id] for event_id in draft.joined]
        assert draft.severity == max((item.severity for item in members), key=domain.SEVERITIES.index)
        assert set(draft.kinds) == {item.kind for item in members}
        assert draft.event_count == len(members)


@given(_events())
def test_the_order_of_arrival_does_not_matter(events: list[PendingEvent]) -> None:
    """One round over the same events gives the same drafts in whatever order they arrived."""
    assert domain.correlate(events, []) == domain.correlate(list(reversed(events)), [])


def test_a_later_round_joins_the_open_story() -> None:
    """An event within the window of an open draft joins it; one beyond starts another."""
    first = PendingEvent(id="evt_1", asset_id="ast_a", kind="port_scan", severity="low", occurred_at=0.0)
    (draft,) = domain.correlate([first], [])
    near = PendingEvent(
        id="evt_2", asset_id="ast_a", kind="login_failure", severity="high", occurred_at=domain.WINDOW_S
    )
    far = PendingEvent(
        id="evt_3", asset_id="ast_a", kind="port_scan", severity="low", occurred_at=3 * domain.WINDOW_S
    )
    changed = domain.correlate([near, far], [draft])
    assert [(item.id, item.event_count) for item in changed] == [("cor_1", 2), ("cor_3", 1)]
    assert changed[0].pattern == "credential_attack"


def test_a_full_story_takes_no_more() -> None:
    """A correlation stays bounded: the event after the last starts a new one."""
    full = CorrelationDraft(
        id="cor_0",
        asset_id="ast_a",
        first_seen=0.0,
        last_seen=1.0,
        severity="low",
        kinds=("port_scan",),
        event_count=domain.MAX_EVENTS,
    )
    event = PendingEvent(id="evt_9", asset_id="ast_a", kind="port_scan", severity="low", occurred_at=0.5)
    assert [draft.id for draft in domain.correlate([event], [full])] == ["cor_9"]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPlatform]:
    """A running event-processor."""
    with running(tmp_path_factory.mktemp("events"), {NAME: app.build}) as started:
        yield started


def _event(asset_id: str, **fields: Any) -> dict[str, Any]:
    return {"assetId": asset_id, "kind": "login_failure", "severity": "high", **fields}


def _correlated(client: httpx.Client, event_id: str) -> str:
    path = f"/v1/events/{event_id}"
    found = poll(lambda: client.get(path).json()["correlationId"])
    assert found
    return str(found)


def test_events_of_one_asset_meet_in_one_correlation(platform: RunningPlatform) -> None:
    """A batch on one asset becomes one correlation that names the asset and exactly its events."""
    analyst = platform.client(NAME, "analyst")
    kinds = ["login_failure", "privilege_escalation", "lateral_movement"]
    batch = {"events": [_event("ast_story1", kind=kind, indicators=["10.66.6.6"]) for kind in kinds]}
    answer = analyst.post("/v1/events:batch", json=batch)
    assert answer.status_code == 207
    ids = [item["id"] for item in answer.json()["items"]]
    (correlation_id,) = {_correlated(analyst, event_id) for event_id in ids}
    correlation = analyst.get(f"/v1/correlations/{correlation_id}").json()
    assert correlation["assetId"] == "ast_story1"
    assert sorted(correlation["eventIds"]) == sorted(ids)
    assert (correlation["pattern"], correlation["indicators"]) == ("intrusion", ["10.66.6.6"])


def test_a_batch_judges_each_event(platform: RunningPlatform) -> None:
    """A bad event is refused with its place and reason; the others are taken in."""
    analyst = platform.client(NAME, "analyst")
    batch = {"events": [_event("ast_mixed1"), _event("ast_mixed1", severity="bad"), {"x": 1}]}
    answer = analyst.post("/v1/events:batch", json=batch).json()
    assert [item["status"] for item in answer["items"]] == [202, 422, 422]
    assert (answer["accepted"], answer["refused"]) == (1, 2)
    assert answer["items"][1]["detail"].startswith("severity")
    listed = analyst.get("/v1/events", params={"assetId": "ast_mixed1"}).json()["items"]
    assert [event["id"] for event in listed] == [answer["items"][0]["id"]]


def test_every_accepted_event_can_be_read_back(platform: RunningPlatform) -> None:
    """No event is lost between several clients that send at once, and none is left pending."""
    analyst = platform.client(NAME, "analyst", tenant="globex")

    def send(number: int) -> str:
        return str(analyst.post("/v1/events", json=_event(f"ast_many{number % 7}")).json()["id"])

    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(send, range(150)))
    assert len(set(ids)) == 150
    assert poll(lambda: analyst.get("/v1/lag").json()["pending"] == 0)
    assert all(analyst.get(f"/v1/events/{event_id}").json()["correlationId"] for event_id in ids)


def test_a_retry_with_the_same_key_is_one_event(platform: RunningPlatform) -> None:
    """The same key and body give the same event; the same key and another body are refused."""
    analyst = platform.client(NAME, "analyst")
    headers = {"Idempotency-Key": "retry-1"}
    first, again = (analyst.post("/v1/events", json=_event("ast_retry1"), headers=headers) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert len(analyst.get("/v1/events", params={"assetId": "ast_retry1"}).json()["items"]) == 1
    other = analyst.post("/v1/events", json=_event("ast_retry2"), headers=headers)
    assert other.status_code == 409


def test_other_tenants_see_no_event(platform: RunningPlatform) -> None:
    """Events, correlations and lists end at the tenant."""
    analyst = platform.client(NAME, "analyst")
    event_id = analyst.post("/v1/events", json=_event("ast_private")).json()["id"]
    correlation_id = _correlated(analyst, event_id)
    stranger = platform.client(NAME, "admin", tenant="globex")
    assert stranger.get(f"/v1/events/{event_id}").status_code == 404
    assert stranger.get(f"/v1/correlations/{correlation_id}").status_code == 404
    assert stranger.get("/v1/events", params={"assetId": "ast_private"}).json()["items"] == []
    assert stranger.get("/v1/correlations", params={"assetId": "ast_private"}).json()["items"] == []


def test_a_viewer_cannot_send(platform: RunningPlatform) -> None:
    """Taking events in needs an analyst."""
    viewer = platform.client(NAME, "viewer")
    assert viewer.post("/v1/events", json=_event("ast_denied")).status_code == 403
    assert viewer.post("/v1/events:batch", json={"events": [_event("ast_denied")]}).status_code == 403


def test_changes_can_be_followed_by_revision(platform: RunningPlatform) -> None:
    """A reader that asks for what changed after its last revision sees the change and nothing old."""
    analyst = platform.client(NAME, "analyst", tenant="initech")
    first = analyst.post("/v1/events", json=_event("ast_follow")).json()["id"]
    path = f"/v1/correlations/{_correlated(analyst, first)}"
    revision = analyst.get(path).json()["revision"]
    follow = {"changedAfter": revision}
    assert analyst.get("/v1/correlations", params=follow).json()["items"] == []
    second = analyst.post("/v1/events", json=_event("ast_follow")).json()["id"]
    _correlated(analyst, second)
    (changed,) = analyst.get("/v1/correlations", params=follow).json()["items"]
    assert changed["eventIds"] == [first, second]
    assert changed["revision"] > revision


def test_a_time_in_the_future_is_the_time_of_receipt(platform: RunningPlatform) -> None:
    """A sensor's clock that runs ahead does not move an event out of its window."""
    analyst = platform.client(NAME, "analyst")
    event = analyst.post("/v1/events", json=_event("ast_late01", occurredAt="2999-01-01T00:00:00Z")).json()
    assert event["occurredAt"] == event["receivedAt"]


def test_the_seed_holds_exactly_its_incidents(platform: RunningPlatform) -> None:
    """The seeded events are all correlated, and the severe drafts are the seed's incidents."""
    severe = 0
    for tenant in TENANTS:
        viewer = platform.client(NAME, "viewer", tenant=tenant)
        page = viewer.get("/v1/correlations", params={"limit": 200}).json()
        drafts = page["items"]
        while page["nextCursor"]:
            page = viewer.get("/v1/correlations", params={"limit": 200, "cursor": page["nextCursor"]}).json()
            drafts += page["items"]
        severe += sum(draft["severity"] == "critical" for draft in drafts if draft["id"].startswith("cor_00"))
    assert severe == records.INCIDENTS


def test_two_correlators_on_one_database_count_each_event_once(tmp_path: Path) -> None:
    """Instances that share the file take turns: every event ends in one correlation, once."""
    databases = [Store(tmp_path / "events.sqlite3", store.MIGRATIONS, seed=seed) for _ in range(2)]
    with databases[0].write() as connection:
        connection.execute("UPDATE events SET correlation_id = NULL")
        connection.execute("DELETE FROM correlations")
    with ThreadPoolExecutor(2) as pool:
        for _ in range(4):
            list(pool.map(lambda database: Correlator(database).round(), databases))
    with databases[0].read() as connection:
        told, pending = connection.execute(
            "SELECT (SELECT sum(event_count) FROM correlations),"
            " (SELECT count(*) FROM events WHERE correlation_id IS NULL)"
        ).fetchone()
    for database in databases:
        database.close()
    assert (told, pending) == (records.EVENTS, 0)
