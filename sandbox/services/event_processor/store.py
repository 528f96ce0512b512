"""How events and correlations are kept: SQL and nothing else.

A correlation keeps its own short summary; its events point to it. `revision` counts changes per tenant, in
the order of their commits, so a reader that asks for what changed after a revision misses nothing.
"""
# ruff: noqa: S608 - what is put into a statement is a constant of this module; every value is bound

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any

from sandbox.services.event_processor import domain
from sandbox.services.event_processor.domain import PendingEvent, Story
from sandbox.services.event_processor.models import Correlation, Event

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE events (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, asset_id TEXT NOT NULL, kind TEXT NOT NULL,
        severity TEXT NOT NULL, summary TEXT NOT NULL, actor TEXT, indicators TEXT NOT NULL,
        occurred_at REAL NOT NULL, received_at REAL NOT NULL, submitted_by TEXT NOT NULL,
        correlation_id TEXT
    );
    CREATE INDEX events_by_tenant ON events (tenant, id);
    CREATE INDEX events_by_asset ON events (tenant, asset_id, id);
    CREATE INDEX events_by_correlation ON events (correlation_id);
    CREATE INDEX events_pending ON events (received_at) WHERE correlation_id IS NULL;
    CREATE TABLE correlations (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, asset_id TEXT NOT NULL, first_seen REAL NOT NULL,
        last_seen REAL NOT NULL, severity TEXT NOT NULL, kinds TEXT NOT NULL, event_count INTEGER NOT NULL,
        revision INTEGER NOT NULL
    );
    CREATE INDEX correlations_by_revision ON correlations (tenant, revision);
    CREATE INDEX correlations_by_asset ON correlations (tenant, asset_id, last_seen);
    """,
)

_EVENT = (
    "id, asset_id, kind, severity, summary, actor, indicators,"
    " occurred_at, received_at, submitted_by, correlation_id"
)
_STORY = "id, asset_id, first_seen, last_seen, severity, kinds, event_count"
"""Columns by name: a newer revision may have added others to the shared file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are asked for; None means all. `occurred_after` in Unix seconds."""

    asset_id: str | None = None
    severity: str | None = None
    kind: str | None = None
    occurred_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationFilter:
    """Which correlations are asked for; None means those of all assets."""

    asset_id: str | None = None
    changed_after: int = 0
    """A revision."""


def insert_events(connection: Connection, tenant: str, events: Iterable[Event]) -> None:
    """Keep new events; they are pending until the correlator has seen them."""
    connection.executemany(
        f"INSERT INTO events (tenant, {_EVENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(tenant, event.id, event.asset_id, event.kind, event.severity, event.summary, event.actor),
                *(json.dumps(event.indicators), event.occurred_at, event.received_at, event.submitted_by),
                event.correlation_id,
            )
            for event in events
        ],
    )


def event_of(connection: Connection, tenant: str, event_id: str) -> Event | None:
    """The tenant's event of that id."""
    row = connection.execute(
        f"SELECT {_EVENT} FROM events WHERE tenant = ? AND id = ?", (tenant, event_id)
    ).fetchone()
    return _event(row) if row else None


def events_before(
    connection: Connection, tenant: str, wanted: EventFilter, before: str, limit: int
) -> list[Event]:
    """The tenant's events whose ids lie before `before` ("" for the newest), newest first."""
    clauses = {
        "id < ?": before or None,
        "asset_id = ?": wanted.asset_id,
        "severity = ?": wanted.severity,
        "kind = ?": wanted.kind,
        "occurred_at >= ?": wanted.occurred_after,
    }
    used = {clause: value for clause, value in clauses.items() if value is not None}
    where = " AND ".join(["tenant = ?", *used])
    rows = connection.execute(
        f"SELECT {_EVENT} FROM events WHERE {where} ORDER BY id DESC LIMIT ?",
        (tenant, *used.values(), limit),
    )
    return [_event(row) for row in rows]


def pending_tenants(connection: Connection) -> list[str]:
    """The tenants that have pending events."""
    rows = connection.execute("SELECT DISTINCT tenant FROM events WHERE correlation_id IS NULL")
    return [row["tenant"] for row in rows]


def pending_events(connection: Connection, tenant: str, limit: int) -> list[PendingEvent]:
    """The tenant's events that no correlation tells yet, oldest receipt first."""
    rows = connection.execute(
        f"SELECT {_EVENT} FROM events WHERE correlation_id IS NULL AND tenant = ?"
        " ORDER BY received_at LIMIT ?",
        (tenant, limit),
    )
    return [
        PendingEvent(
            id=row["id"],
            asset_id=row["asset_id"],
            kind=row["kind"],
            severity=row["severity"],
            occurred_at=row["occurred_at"],
        )
        for row in rows
    ]


def open_stories(connection: Connection, tenant: str, events: Sequence[PendingEvent]) -> list[Story]:
    """The correlations that one of the events might join."""
    assets = sorted({event.asset_id for event in events})
    times = [event.occurred_at for event in events]
    rows = connection.execute(
        f"SELECT {_STORY} FROM correlations WHERE tenant = ? AND event_count < ? AND last_seen >= ?"
        " AND first_seen <= ? AND asset_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (
            *(tenant, domain.MAX_EVENTS),
            *(min(times) - domain.WINDOW_S, max(times) + domain.WINDOW_S, json.dumps(assets)),
        ),
    )
    return [
        Story(
            id=row["id"],
            asset_id=row["asset_id"],
            first_seen=row["first_seen"],
            last_seen=row["last_seen"],
            severity=row["severity"],
            kinds=tuple(json.loads(row["kinds"])),
            event_count=row["event_count"],
        )
        for row in rows
    ]


def save_stories(connection: Connection, tenant: str, stories: Iterable[Story]) -> None:
    """Keep changed stories under new revisions and point their new events to them."""
    row = connection.execute("SELECT max(revision) FROM correlations WHERE tenant = ?", (tenant,)).fetchone()
    for revision, story in enumerate(stories, start=(row[0] or 0) + 1):
        connection.execute(
            f"INSERT INTO correlations (tenant, {_STORY}, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET"
            " first_seen = excluded.first_seen, last_seen = excluded.last_seen, kinds = excluded.kinds,"
            " severity = excluded.severity, event_count = excluded.event_count, revision = excluded.revision",
            (
                *(tenant, story.id, story.asset_id, story.first_seen, story.last_seen, story.severity),
                *(json.dumps(story.kinds), story.event_count, revision),
            ),
        )
        connection.executemany(
            "UPDATE events SET correlation_id = ? WHERE id = ?",
            [(story.id, event_id) for event_id in story.joined],
        )


def correlation_of(connection: Connection, tenant: str, correlation_id: str) -> Correlation | None:
    """The tenant's correlation of that id, with its events."""
    row = connection.execute(
        f"SELECT {_STORY}, revision FROM correlations WHERE tenant = ? AND id = ?", (tenant, correlation_id)
    ).fetchone()
    return _correlation(connection, row) if row else None


def correlations_after(
    connection: Connection, tenant: str, wanted: CorrelationFilter, revision: int, limit: int
) -> list[Correlation]:
    """The tenant's correlations that changed after both revisions, in the order of their changes."""
    rows = connection.execute(
        f"SELECT {_STORY}, revision FROM correlations WHERE tenant = ? AND revision > ?"
        " AND (? IS NULL OR asset_id = ?) ORDER BY revision LIMIT ?",
        (tenant, max(revision, wanted.changed_after), wanted.asset_id, wanted.asset_id, limit),
    ).fetchall()
    return [_correlation(connection, row) for row in rows]


def pending_state(connection: Connection, tenant: str) -> tuple[int, float | None]:
    """How many of the tenant's events are pending, and the receipt of the oldest in Unix seconds."""
    row = connection.execute(
        "SELECT count(*), min(received_at) FROM events WHERE correlation_id IS NULL AND tenant = ?", (tenant,)
    ).fetchone()
    return int(row[0]), row[1]


def _event(row: Row) -> Event:
    fields: dict[str, Any] = dict(zip(row.keys(), row, strict=True))
    fields["indicators"] = json.loads(row["indicators"])
    return Event(status="correlated" if row["correlation_id"] else "pending", **fields)


def _correlation(connection: Connection, row: Row) -> Correlation:
    events = connection.execute(
        "SELECT id, indicators FROM events WHERE correlation_id = ? ORDER BY occurred_at, id", (row["id"],)
    ).fetchall()
    kinds = json.loads(row["kinds"])
    return Correlation(
        id=row["id"],
        asset_id=row["asset_id"],
        pattern=domain.pattern_of(kinds),
        severity=row["severity"],
        kinds=kinds,
        event_ids=[event["id"] for event in events],
        indicators=sorted({value for event in events for value in json.loads(event["indicators"])}),
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        revision=row["revision"],
    )
