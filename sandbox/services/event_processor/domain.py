"""How events become correlations: pure logic, no I/O.

Events of one asset whose times lie within `WINDOW_S` of each other make one correlation. Correlating is
incremental: pending events are added to drafts, the asset's correlations that still have room, and the same
event is never counted twice.
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
class CorrelationDraft:
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
        return pattern_of(self.kinds)


def pattern_of(kinds: Iterable[str]) -> str:
    """The name of the first pattern whose kinds are all present."""
    present = set(kinds)
    return next((name for name, needed in _PATTERNS if needed <= present), "routine")


def worse(one: Severity, other: Severity) -> Severity:
    return max(one, other, key=SEVERITIES.index)


def is_near(draft: CorrelationDraft, occurred_at: float) -> bool:
    """Whether the time lies in the draft's span, widened by the window, and the draft has room."""
    if draft.event_count >= MAX_EVENTS:
        return False
    return draft.first_seen - WINDOW_S <= occurred_at <= draft.last_seen + WINDOW_S


def correlate(
    events: Sequence[PendingEvent], open_drafts: Sequence[CorrelationDraft]
) -> list[CorrelationDraft]:
    """Add the events to the open drafts or start new ones; returns the drafts that changed.

    A new draft takes its id from its first event, so a round that is repeated after a crash makes the same
    drafts again.
    """
    by_asset: dict[str, dict[str, CorrelationDraft]] = {}
    for draft in open_drafts:
        by_asset.setdefault(draft.asset_id, {})[draft.id] = draft
    changed: dict[str, CorrelationDraft] = {}
    for event in sorted(events, key=lambda item: (item.occurred_at, item.id)):
        drafts = by_asset.setdefault(event.asset_id, {})
        home = next((draft for draft in drafts.values() if is_near(draft, event.occurred_at)), None)
        draft = _join(home, event) if home else _start(event)
        drafts[draft.id] = changed[draft.id] = draft
    return [changed[key] for key in sorted(changed)]


def _start(event: PendingEvent) -> CorrelationDraft:
    return CorrelationDraft(
        id="cor_" + event.id.removeprefix("evt_"),
        asset_id=event.asset_id,
        first_seen=event.occurred_at,
        last_seen=event.occurred_at,
        severity=event.severity,
        kinds=(event.kind,),
        event_count=1,
        joined=(event.id,),
    )


def _join(draft: CorrelationDraft, event: PendingEvent) -> CorrelationDraft:
    return replace(
        draft,
        first_seen=min(draft.first_seen, event.occurred_at),
        last_seen=max(draft.last_seen, event.occurred_at),
        severity=worse(draft.severity, event.severity),
        kinds=tuple(sorted({*draft.kinds, event.kind})),
        event_count=draft.event_count + 1,
        joined=(*draft.joined, event.id),
    )
