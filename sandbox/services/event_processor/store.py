"""How events and correlations are kept: SQL and nothing else.

A correlation keeps its own short summary; its events point to it. `revision` counts changes per tenant, in
the order of their commits, so a reader that asks for what changed after a revision misses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from sqlite3 import Connection

from sandbox.kit.resource import Table, read_document
from sandbox.services.event_processor import domain
from sandbox.services.event_processor.domain import CorrelationDraft, PendingEvent
from sandbox.services.event_processor.models import Correlation, Event

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE events (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, asset_id TEXT NOT NULL, kind TEXT NOT NULL,
        severity TEXT NOT NULL, summary TEXT NOT NULL, actor TEXT, indicators TEXT NOT NULL,
        occurred_at REAL NOT NULL, received_at REAL NOT NULL, submitted_by TEXT NOT NULL,
        status TEXT NOT NULL, correlation_id TEXT
    );
    CREATE INDEX events_by_tenant ON events (tenant, id);
    CREATE INDEX events_by_asset ON events (tenant, asset_id, id);
    CREATE INDEX events_by_correlation ON events (correlation_id);
    CREATE INDEX events_pending ON events (received_at) WHERE correlation_id IS NULL;
    CREATE TABLE correlations (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, asset_id TEXT NOT NULL, first_seen REAL NOT NULL,
        last_seen REAL NOT NULL, severity TEXT NOT NULL, kinds TEXT NOT NULL, pattern TEXT NOT NULL,
        event_count INTEGER NOT NULL, revision INTEGER NOT NULL
    );
    CREATE INDEX correlations_by_revision ON correlations (tenant, revision);
    CREATE INDEX correlations_by_asset ON correlations (tenant, asset_id, last_seen);
    """,
)


def _event_ids(connection: Connection, correlation_id: str) -> list[str]:
    query = "SELECT id FROM events WHERE correlation_id = ? ORDER BY occurred_at, id"
    return [row["id"] for row in connection.execute(query, (correlation_id,))]


def _indicators(connection: Connection, correlation_id: str) -> list[str]:
    rows = connection.execute("SELECT indicators FROM events WHERE correlation_id = ?", (correlation_id,))
    return sorted({value for row in rows for value in read_document(row["indicators"])})


EVENTS = Table("events", Event, order="id DESC")
CORRELATIONS = Table(
    "correlations",
    Correlation,
    order="revision",
    elsewhere={"event_ids": _event_ids, "indicators": _indicators},
)


def insert_events(connection: Connection, tenant: str, events: Iterable[Event]) -> None:
    """Keep new events; they are pending until the correlator has seen them."""
    for event in events:
        EVENTS.insert(connection, tenant, event)


def pending_tenants(connection: Connection) -> list[str]:
    rows = connection.execute("SELECT DISTINCT tenant FROM events WHERE correlation_id IS NULL")
    return [row["tenant"] for row in rows]


def pending_events(connection: Connection, tenant: str, limit: int) -> list[PendingEvent]:
    """The tenant's events that are in no correlation yet, oldest receipt first."""
    rows = connection.execute(
        "SELECT id, asset_id, kind, severity, occurred_at FROM events"
        " WHERE correlation_id IS NULL AND tenant = ? ORDER BY received_at LIMIT ?",
        (tenant, limit),
    )
    return [PendingEvent(**dict(row)) for row in rows]


def open_drafts(
    connection: Connection, tenant: str, events: Sequence[PendingEvent]
) -> list[CorrelationDraft]:
    """The correlations that one of the events might join."""
    assets = sorted({event.asset_id for event in events})
    times = [event.occurred_at for event in events]
    rows = connection.execute(
        "SELECT id, asset_id, first_seen, last_seen, severity, kinds, event_count FROM correlations"
        " WHERE tenant = ? AND event_count < ? AND last_seen >= ? AND first_seen <= ?"
        " AND asset_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (
            *(tenant, domain.MAX_EVENTS),
            *(min(times) - domain.WINDOW_S, max(times) + domain.WINDOW_S, json.dumps(assets)),
        ),
    )
    return [CorrelationDraft(**{**dict(row), "kinds": tuple(read_document(row["kinds"]))}) for row in rows]


def save_drafts(connection: Connection, tenant: str, drafts: Iterable[CorrelationDraft]) -> None:
    """Keep changed drafts under new revisions and point their new events to them."""
    row = connection.execute("SELECT max(revision) FROM correlations WHERE tenant = ?", (tenant,)).fetchone()
    for revision, draft in enumerate(drafts, start=(row[0] or 0) + 1):
        values = asdict(draft)
        joined = values.pop("joined")
        values |= {"tenant": tenant, "pattern": draft.pattern, "revision": revision}
        CORRELATIONS.upsert(connection, values, update=values.keys() - {"tenant", "id", "asset_id"})
        connection.executemany(
            "UPDATE events SET status = 'correlated', correlation_id = ? WHERE id = ?",
            [(draft.id, event_id) for event_id in joined],
        )


def pending_state(connection: Connection, tenant: str) -> tuple[int, float | None]:
    """How many of the tenant's events are pending, and the receipt of the oldest in Unix seconds."""
    row = connection.execute(
        "SELECT count(*), min(received_at) FROM events WHERE correlation_id IS NULL AND tenant = ?", (tenant,)
    ).fetchone()
    return int(row[0]), row[1]
