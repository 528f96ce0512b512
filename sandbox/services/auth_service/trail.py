"""The audit trail of the whole platform: every service's entries in one table."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from sandbox.kit.audit import Audit
from sandbox.kit.paging import Page
from sandbox.kit.resource import Filter


class Trail(Audit):
    """The audit of the service that keeps the trail: no outbox, straight into the table."""

    def write(self, connection: sqlite3.Connection, entry: dict[str, Any]) -> None:
        """Add an entry; one that is there already is left as it is."""
        add_entry(connection, entry)


def add_entry(connection: sqlite3.Connection, entry: Mapping[str, Any]) -> None:
    names = ("id", "at", "service", "tenant", "actor", "action", "target", "traceId", "requestId")
    row = (*(entry[name] for name in names), json.dumps(entry["detail"], sort_keys=True))
    connection.execute("INSERT OR IGNORE INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def entries(connection: sqlite3.Connection, tenant: str, wanted: Filter, page: Page) -> list[sqlite3.Row]:
    """Return a page of a tenant's entries and one more, in the order of their times."""
    at, _, last_id = page.key.partition("~")
    used = {condition: value for condition, value in wanted.items() if value is not None}
    where = " AND ".join(["tenant = ?", "(at, id) > (?, ?)", *used])
    query = f"SELECT * FROM audit WHERE {where} ORDER BY at, id LIMIT ?"  # noqa: S608 - own conditions
    values = (tenant, _number(at), last_id, *used.values(), page.limit + 1)
    return connection.execute(query, values).fetchall()


def key_of(row: sqlite3.Row) -> str:
    return f"{row['at']!r}~{row['id']}"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
