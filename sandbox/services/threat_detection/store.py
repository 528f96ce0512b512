"""How threats and indicators are kept: SQL and nothing else."""
# ruff: noqa: S608 - what is put into a statement is a constant of this module; every value is bound

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any

from sandbox.services.threat_detection.domain import Assessment
from sandbox.services.threat_detection.models import Indicator, TechniqueView, Threat, ThreatChange

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE threats (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, title TEXT NOT NULL, asset_id TEXT NOT NULL,
        correlation_id TEXT NOT NULL, event_ids TEXT NOT NULL, severity TEXT NOT NULL,
        confidence REAL NOT NULL, technique_id TEXT NOT NULL, technique_name TEXT NOT NULL,
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

_DERIVED = (
    "id, title, asset_id, correlation_id, event_ids, severity, confidence, technique_id, technique_name,"
    " matched_indicators, first_seen, last_seen, detected_at, updated_at"
)
_THREAT = f"{_DERIVED}, status, assignee, note"
_INDICATOR = "id, kind, value, description, created_by, created_at"
"""Columns by name: a newer revision may have added others to the shared file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatFilter:
    """Which threats are asked for; None means all."""

    asset_id: str | None = None
    severity: str | None = None
    status: str | None = None


def save_assessment(connection: Connection, tenant: str, found: Assessment, now: float) -> bool:
    """Keep a threat or bring it up to date; what people set stays. True when it is new."""
    known = connection.execute("SELECT 1 FROM threats WHERE id = ?", (found.id,)).fetchone()
    story = found.correlation
    row = (
        *(tenant, found.id, found.title, story.asset_id, story.id, json.dumps(story.event_ids)),
        *(found.severity, found.confidence, found.technique.id, found.technique.name),
        *(json.dumps(found.matched), story.first_seen, story.last_seen, now, now),
    )
    connection.execute(
        f"INSERT INTO threats (tenant, {_DERIVED}, status, note)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', '')"
        " ON CONFLICT (id) DO UPDATE SET title = excluded.title, event_ids = excluded.event_ids,"
        " severity = excluded.severity, confidence = excluded.confidence,"
        " technique_id = excluded.technique_id, technique_name = excluded.technique_name,"
        " matched_indicators = excluded.matched_indicators, first_seen = excluded.first_seen,"
        " last_seen = excluded.last_seen, updated_at = excluded.updated_at"
        " WHERE event_ids != excluded.event_ids OR matched_indicators != excluded.matched_indicators",
        row,
    )
    return known is None


def threat_of(connection: Connection, tenant: str, threat_id: str) -> Threat | None:
    """The tenant's threat of that id."""
    row = connection.execute(
        f"SELECT {_THREAT} FROM threats WHERE tenant = ? AND id = ?", (tenant, threat_id)
    ).fetchone()
    return _threat(row) if row else None


def threats_after(
    connection: Connection, tenant: str, wanted: ThreatFilter, after: str, limit: int
) -> list[Threat]:
    """The tenant's threats whose ids follow `after`, in the order of ids."""
    clauses = {
        "asset_id = ?": wanted.asset_id,
        "severity = ?": wanted.severity,
        "status = ?": wanted.status,
    }
    used = {clause: value for clause, value in clauses.items() if value is not None}
    where = " AND ".join(["tenant = ?", "id > ?", *used])
    rows = connection.execute(
        f"SELECT {_THREAT} FROM threats WHERE {where} ORDER BY id LIMIT ?",
        (tenant, after, *used.values(), limit),
    )
    return [_threat(row) for row in rows]


def change_threat(
    connection: Connection, tenant: str, threat_id: str, change: ThreatChange, now: float
) -> Threat | None:
    """Change what is given; None when the tenant has no such threat."""
    values = {
        name: value for name in ("status", "assignee", "note") if (value := getattr(change, name)) is not None
    }
    assignments = "".join(f", {name} = ?" for name in values)
    connection.execute(
        f"UPDATE threats SET updated_at = ?{assignments} WHERE tenant = ? AND id = ?",
        (now, *values.values(), tenant, threat_id),
    )
    return threat_of(connection, tenant, threat_id)


def insert_indicator(connection: Connection, tenant: str, indicator: Indicator) -> bool:
    """Keep a new indicator; False when the tenant knows the value already."""
    row = (
        *(tenant, indicator.id, indicator.kind, indicator.value, indicator.description),
        *(indicator.created_by, indicator.created_at),
    )
    done = connection.execute(
        f"INSERT INTO indicators (tenant, {_INDICATOR}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (tenant, kind, value) DO NOTHING",
        row,
    )
    return done.rowcount > 0


def indicators_before(connection: Connection, tenant: str, before: str, limit: int) -> list[Indicator]:
    """The tenant's indicators older than `before` ("" for the newest), newest first."""
    rows = connection.execute(
        f"SELECT {_INDICATOR} FROM indicators WHERE tenant = ? AND (? = '' OR id < ?)"
        " ORDER BY id DESC LIMIT ?",
        (tenant, before, before, limit),
    )
    return [Indicator(**dict(zip(row.keys(), row, strict=True))) for row in rows]


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


def _threat(row: Row) -> Threat:
    fields: dict[str, Any] = dict(zip(row.keys(), row, strict=True))
    technique = TechniqueView(id=fields.pop("technique_id"), name=fields.pop("technique_name"))
    fields["event_ids"] = json.loads(row["event_ids"])
    fields["matched_indicators"] = json.loads(row["matched_indicators"])
    return Threat(technique=technique, **fields)
