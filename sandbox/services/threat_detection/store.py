"""How threats and indicators are kept: SQL and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from sqlite3 import Connection

from sandbox.kit.resource import Table
from sandbox.services.threat_detection.domain import Assessment
from sandbox.services.threat_detection.models import Indicator, Threat

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE threats (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, title TEXT NOT NULL, asset_id TEXT NOT NULL,
        correlation_id TEXT NOT NULL, event_ids TEXT NOT NULL, severity TEXT NOT NULL,
        confidence REAL NOT NULL, technique TEXT NOT NULL,
        matched_indicators TEXT NOT NULL, status TEXT NOT NULL, assignee TEXT, note TEXT NOT NULL,
        first_seen REAL NOT NULL, last_seen REAL NOT NULL, detected_at REAL NOT NULL, updated_at REAL NOT NULL
    );
    CREATE INDEX threats_by_tenant ON threats (tenant, id);
    CREATE INDEX threats_by_asset ON threats (tenant, asset_id, id);
    CREATE TABLE indicators (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL,
        description TEXT NOT NULL, created_by TEXT NOT NULL, created_at REAL NOT NULL,
        UNIQUE (tenant, kind, value)
    );
    CREATE TABLE marks (tenant TEXT PRIMARY KEY, revision INTEGER NOT NULL);
    """,
)

THREATS = Table("threats", Threat)
INDICATORS = Table("indicators", Indicator, order="id DESC", unique="kind, value")
_DERIVED = (
    *("title", "event_ids", "severity", "confidence", "technique", "matched_indicators"),
    *("first_seen", "last_seen", "updated_at"),
)
"""What a later assessment brings up to date; what people set stays."""


def save_assessment(connection: Connection, tenant: str, found: Assessment, now: float) -> bool:
    """Keep a threat or bring it up to date; what people set stays. True when it is new."""
    is_known = THREATS.of(connection, tenant, found.id) is not None
    story = found.correlation
    THREATS.upsert(
        connection,
        {
            "tenant": tenant,
            "id": found.id,
            "title": found.title,
            "asset_id": story.asset_id,
            "correlation_id": story.id,
            "event_ids": story.event_ids,
            "severity": found.severity,
            "confidence": found.confidence,
            "technique": found.technique,
            "matched_indicators": found.matched,
            "first_seen": story.first_seen,
            "last_seen": story.last_seen,
            "detected_at": now,
            "updated_at": now,
            "status": "open",
            "note": "",
        },
        update=_DERIVED,
        when="event_ids != excluded.event_ids OR matched_indicators != excluded.matched_indicators",
    )
    return not is_known


def known_bad(connection: Connection, tenant: str, values: Iterable[str]) -> set[str]:
    """Those of the values that the tenant knows to be bad."""
    rows = connection.execute(
        "SELECT DISTINCT value FROM indicators WHERE tenant = ?"
        " AND value IN (SELECT value FROM json_each(?))",
        (tenant, json.dumps(sorted(set(values)))),
    )
    return {row["value"] for row in rows}


def mark_of(connection: Connection, tenant: str) -> int:
    """The revision of event-processor's correlations up to which threats were derived."""
    row = connection.execute("SELECT revision FROM marks WHERE tenant = ?", (tenant,)).fetchone()
    return int(row["revision"]) if row else 0


def advance_mark(connection: Connection, tenant: str, revision: int) -> None:
    """Note that threats were derived up to the revision; a mark never goes back."""
    connection.execute(
        "INSERT INTO marks (tenant, revision) VALUES (?, ?) ON CONFLICT (tenant)"
        " DO UPDATE SET revision = max(revision, excluded.revision)",
        (tenant, revision),
    )
