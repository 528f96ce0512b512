"""How events become correlations: pure logic, no I/O.

Events of one asset whose times lie within `WINDOW_S` of each other tell one story; a story is told in one
correlation. Correlating is incremental: pending events are added to the asset's open correlations, and the
same event is never counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

WINDOW_S = 1800.0
"""Seconds between an event and a correlation's span within which the event still belongs to it."""
MAX_EVENTS = 200
"""Events in one correlation; the next one starts a new correlation, so reading one stays bounded."""
Severity = Literal["info", "low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the least to the most."""

Kind = Literal[
    "login_success",
    "login_failure",
    "port_scan",
    "privilege_escalation",
    "malware_detected",
    "lateral_movement",
    "data_exfiltration",
    "config_change",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

_PATTERNS: tuple[tuple[str, frozenset[str]], ...] = (
    ("exfiltration", frozenset({"data_exfiltration"})),
    ("intrusion", frozenset({"lateral_movement"})),
    ("intrusion", frozenset({"privilege_escalation", "login_failure"})),
    ("malware", frozenset({"malware_detected"})),
    ("privilege_abuse", frozenset({"privilege_escalation"})),
    ("credential_attack", frozenset({"login_failure"})),
    ("reconnaissance", frozenset({"port_scan"})),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingEvent:
    """An event as the correlator sees it; `occurred_at` in Unix seconds."""

    id: str
    asset_id: str
    kind: Kind
    severity: Severity
    occurred_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A correlation in the making: a span of time on one asset; times in Unix seconds."""

    id: str
    asset_id: str
    first_seen: float
    last_seen: float
    severity: Severity
    kinds: tuple[Kind, ...]
    event_count: int
    joined: tuple[str, ...] = ()
    """Ids of the events that this round added."""

    @property
    def pattern(self) -> str:
        """What the kinds together look like; `routine` when they look like nothing."""
        return pattern_of(self.kinds)


def pattern_of(kinds: Iterable[str]) -> str:
    """The name of the first pattern whose kinds are all present."""
    present = set(kinds)
    return next((name for name, needed in _PATTERNS if needed <= present), "routine")


def worse(one: Severity, other: Severity) -> Severity:
    """The more severe of two severities."""
    return max(one, other, key=SEVERITIES.index)


def is_near(story: Story, occurred_at: float) -> bool:
    """Whether the time lies in the story's span, widened by the window, and the story has room."""
    if story.event_count >= MAX_EVENTS:
        return False
    return story.first_seen - WINDOW_S <= occurred_at <= story.last_seen + WINDOW_S


def correlate(events: Sequence[PendingEvent], open_stories: Sequence[Story]) -> list[Story]:
    """Add the events to the open stories or start new ones; returns the stories that changed.

    A new story takes its id from its first event, so a round that is repeated after a crash makes the same
    stories again.
    """
    by_asset: dict[str, dict[str, Story]] = {}
    for story in open_stories:
        by_asset.setdefault(story.asset_id, {})[story.id] = story
    changed: dict[str, Story] = {}
    for event in sorted(events, key=lambda item: (item.occurred_at, item.id)):
        stories = by_asset.setdefault(event.asset_id, {})
        home = next((story for story in stories.values() if is_near(story, event.occurred_at)), None)
        story = _join(home, event) if home else _start(event)
        stories[story.id] = changed[story.id] = story
    return [changed[key] for key in sorted(changed)]


def _start(event: PendingEvent) -> Story:
    return Story(
        id="cor_" + event.id.removeprefix("evt_"),
        asset_id=event.asset_id,
        first_seen=event.occurred_at,
        last_seen=event.occurred_at,
        severity=event.severity,
        kinds=(event.kind,),
        event_count=1,
        joined=(event.id,),
    )


def _join(story: Story, event: PendingEvent) -> Story:
    return replace(
        story,
        first_seen=min(story.first_seen, event.occurred_at),
        last_seen=max(story.last_seen, event.occurred_at),
        severity=worse(story.severity, event.severity),
        kinds=tuple(sorted({*story.kinds, event.kind})),
        event_count=story.event_count + 1,
        joined=(*story.joined, event.id),
    )
