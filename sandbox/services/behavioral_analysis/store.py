"""How baselines and anomalies are kept: SQL and nothing else."""

from __future__ import annotations

import json
from sqlite3 import Connection, Row

from sandbox.kit.resource import Table
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

ANOMALIES = Table("anomalies", Anomaly)


def insert_baseline(connection: Connection, tenant: str, entity_id: str, daily: list[float]) -> None:
    connection.execute(
        "INSERT INTO baselines (tenant, entity_id, daily) VALUES (?, ?, ?)",
        (tenant, entity_id, json.dumps(daily)),
    )


def daily_of(connection: Connection, tenant: str, entity_id: str) -> list[float] | None:
    row = connection.execute(
        "SELECT daily FROM baselines WHERE tenant = ? AND entity_id = ?", (tenant, entity_id)
    ).fetchone()
    return _days(row) if row else None


def all_days(connection: Connection, tenant: str) -> list[list[float]]:
    rows = connection.execute("SELECT daily FROM baselines WHERE tenant = ? ORDER BY entity_id", (tenant,))
    return [_days(row) for row in rows]


def save_anomaly(connection: Connection, tenant: str, anomaly: Anomaly) -> None:
    """Keep an anomaly; of several of one entity and day the highest risk stays."""
    ANOMALIES.upsert(
        connection,
        {"tenant": tenant, **dict(anomaly)},
        update=("risk", "level", "z", "event_ids", "updated_at"),
        when="excluded.risk > risk",
    )


def _days(row: Row) -> list[float]:
    days: list[float] = json.loads(row["daily"])
    return days
