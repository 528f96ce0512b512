"""How baselines and anomalies are kept: SQL and nothing else."""
# ruff: noqa: S608 - what is put into a statement is a constant of this module; every value is bound

from __future__ import annotations

import json
from sqlite3 import Connection, Row
from typing import Any

from sandbox.services.behavioral_analysis.models import Anomaly

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE baselines (
        tenant TEXT NOT NULL, entity_id TEXT NOT NULL, daily TEXT NOT NULL, PRIMARY KEY (tenant, entity_id)
    );
    CREATE TABLE anomalies (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, entity_id TEXT NOT NULL, risk REAL NOT NULL,
        level TEXT NOT NULL, z REAL NOT NULL, event_ids TEXT NOT NULL, detected_at REAL NOT NULL,
        updated_at REAL NOT NULL
    );
    CREATE INDEX anomalies_by_tenant ON anomalies (tenant, id);
    """,
)

_ANOMALY = "id, entity_id, risk, level, z, event_ids, detected_at, updated_at"
"""Columns by name: a newer revision may have added others to the shared file."""


def insert_baseline(connection: Connection, tenant: str, entity_id: str, daily: list[float]) -> None:
    """Keep an entity's past."""
    connection.execute(
        "INSERT INTO baselines (tenant, entity_id, daily) VALUES (?, ?, ?)",
        (tenant, entity_id, json.dumps(daily)),
    )


def daily_of(connection: Connection, tenant: str, entity_id: str) -> list[float] | None:
    """The past days of the tenant's entity, oldest first."""
    row = connection.execute(
        "SELECT daily FROM baselines WHERE tenant = ? AND entity_id = ?", (tenant, entity_id)
    ).fetchone()
    return _days(row) if row else None


def all_days(connection: Connection, tenant: str) -> list[list[float]]:
    """The past days of every entity of the tenant."""
    rows = connection.execute("SELECT daily FROM baselines WHERE tenant = ? ORDER BY entity_id", (tenant,))
    return [_days(row) for row in rows]


def save_anomaly(connection: Connection, tenant: str, anomaly: Anomaly) -> None:
    """Keep an anomaly; of several of one entity and day the highest risk stays."""
    connection.execute(
        f"INSERT INTO anomalies (tenant, {_ANOMALY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET risk = excluded.risk, level = excluded.level, z = excluded.z,"
        " event_ids = excluded.event_ids, updated_at = excluded.updated_at WHERE excluded.risk > risk",
        (
            *(tenant, anomaly.id, anomaly.entity_id, anomaly.risk, anomaly.level, anomaly.z),
            *(json.dumps(anomaly.event_ids), anomaly.detected_at, anomaly.updated_at),
        ),
    )


def anomalies_after(
    connection: Connection, tenant: str, entity_id: str | None, after: str, limit: int
) -> list[Anomaly]:
    """The tenant's anomalies whose ids follow `after`, in the order of ids."""
    rows = connection.execute(
        f"SELECT {_ANOMALY} FROM anomalies WHERE tenant = ? AND id > ? AND (? IS NULL OR entity_id = ?)"
        " ORDER BY id LIMIT ?",
        (tenant, after, entity_id, entity_id, limit),
    )
    return [_anomaly(row) for row in rows]


def _anomaly(row: Row) -> Anomaly:
    fields: dict[str, Any] = dict(zip(row.keys(), row, strict=True))
    fields["event_ids"] = json.loads(row["event_ids"])
    return Anomaly(**fields)


def _days(row: Row) -> list[float]:
    days: list[float] = json.loads(row["daily"])
    return days
