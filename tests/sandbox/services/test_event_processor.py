"""event-processor: nothing is lost, nothing is counted twice, and every event finds its correlation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.services.event_processor import domain
from sandbox.services.event_processor.domain import PendingEvent, Story


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
    """Each event is told once, by a story of the event's own asset that spans its time."""
    stories = domain.correlate(events, [])
    by_id = {event.id: event for event in events}
    joined = [(story, event_id) for story in stories for event_id in story.joined]
    assert sorted(event_id for _, event_id in joined) == sorted(by_id)
    for story, event_id in joined:
        assert by_id[event_id].asset_id == story.asset_id
        assert story.first_seen <= by_id[event_id].occurred_at <= story.last_seen


@given(_events())
def test_a_story_is_as_severe_as_its_worst_event(events: list[PendingEvent]) -> None:
    """The severity and the kinds of a story are those of its events."""
    by_id = {event.id: event for event in events}
    for story in domain.correlate(events, []):
        members = [by_id[event_id] for event_id in story.joined]
        assert story.severity == max((item.severity for item in members), key=domain.SEVERITIES.index)
        assert set(story.kinds) == {item.kind for item in members}
        assert story.event_count == len(members)


@given(_events())
def test_the_order_of_arrival_does_not_matter(events: list[PendingEvent]) -> None:
    """One round over the same events gives the same stories in whatever order they arrived."""
    assert domain.correlate(events, []) == domain.correlate(list(reversed(events)), [])


def test_a_later_round_joins_the_open_story() -> None:
    """An event within the window of an open story joins it; one beyond starts another."""
    first = PendingEvent(id="evt_1", asset_id="ast_a", kind="port_scan", severity="low", occurred_at=0.0)
    (story,) = domain.correlate([first], [])
    near = PendingEvent(
        id="evt_2", asset_id="ast_a", kind="login_failure", severity="high", occurred_at=domain.WINDOW_S
    )
    far = PendingEvent(
        id="evt_3", asset_id="ast_a", kind="port_scan", severity="low", occurred_at=3 * domain.WINDOW_S
    )
    changed = domain.correlate([near, far], [story])
    assert [(item.id, item.event_count) for item in changed] == [("cor_1", 2), ("cor_3", 1)]
    assert changed[0].pattern == "credential_attack"


def test_a_full_story_takes_no_more() -> None:
    """A correlation stays bounded: the event after the last starts a new one."""
    full = Story(
        id="cor_0",
        asset_id="ast_a",
        first_seen=0.0,
        last_seen=1.0,
        severity="low",
        kinds=("port_scan",),
        event_count=domain.MAX_EVENTS,
    )
    event = PendingEvent(id="evt_9", asset_id="ast_a", kind="port_scan", severity="low", occurred_at=0.5)
    assert [story.id for story in domain.correlate([event], [full])] == ["cor_9"]
