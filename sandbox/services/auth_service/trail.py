"""The audit trail of the whole platform: every service's entries in one table."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.kit.audit import Audit


class Trail(Audit):
    """The audit of the service that keeps the trail: no outbox, straight into the table."""

    def write(self, connection: sqlite3.Connection, entry: dict[str, Any]) -> None:
        """Add an entry; one that is there already is left as it is."""
        add_entry(connection, entry)


def add_entry(connection: sqlite3.Connection, entry: Mapping[str, Any]) -> None:
    """Add an entry once, however often it is delivered."""
    names = ("id", "at", "service", "tenant", "actor", "action", "target", "traceId", "requestId")
    row = (*(entry[name] for name in names), json.dumps(entry["detail"], sort_keys=True))
    connection.execute("INSERT OR IGNORE INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def entries(
    connection: sqlite3.Connection, tenant: str, filters: Mapping[str, str], after: str, limit: int
) -> list[sqlite3.Row]:
    """Return a tenant's entries in the order of their times, behind the key `after`.

    `filters` maps columns (`trace_id`, `actor`, `action`) to what they must equal.
    """
    at, _, last_id = after.partition("~")
    where = [
        "tenant = ?",
        "(at, id) > (?, ?)",
        *(f"{column} = ?" for column in _FILTERS if column in filters),
    ]
    values = [filters[column] for column in _FILTERS if column in filters]
    query = f"SELECT * FROM audit WHERE {' AND '.join(where)} ORDER BY at, id LIMIT ?"  # noqa: S608 - own names
    return connection.execute(query, (tenant, _number(at), last_id, *values, limit)).fetchall()


def key_of(row: sqlite3.Row) -> str:
    """Return the paging key of an entry."""
    return f"{row['at']!r}~{row['id']}"


_FILTERS = ("trace_id", "actor", "action")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
