"""How scans and assets are kept: SQL and nothing else."""
# ruff: noqa: S608 - what is put into a statement is a constant of this module; every value is bound

from __future__ import annotations

import json
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any

from sandbox.services.asset_discovery import domain
from sandbox.services.asset_discovery.domain import Finding
from sandbox.services.asset_discovery.models import Asset, AssetChange, Scan

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE assets (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, hostname TEXT NOT NULL, address TEXT NOT NULL,
        kind TEXT NOT NULL, os TEXT NOT NULL, criticality TEXT NOT NULL, state TEXT NOT NULL,
        open_ports TEXT NOT NULL, tags TEXT NOT NULL, owner TEXT, source TEXT NOT NULL, scan_id TEXT,
        first_seen REAL NOT NULL, last_seen REAL NOT NULL,
        UNIQUE (tenant, address)
    );
    CREATE INDEX assets_by_tenant ON assets (tenant, id);
    CREATE TABLE scans (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, network TEXT NOT NULL, status TEXT NOT NULL,
        looked_at INTEGER NOT NULL, addresses INTEGER NOT NULL, requested_by TEXT NOT NULL,
        requested_at REAL NOT NULL, finished_at REAL, traceparent TEXT NOT NULL,
        worker TEXT, leased_until REAL NOT NULL DEFAULT 0
    );
    CREATE INDEX scans_by_tenant ON scans (tenant, id);
    CREATE INDEX scans_unfinished ON scans (id) WHERE status != 'done';
    CREATE TABLE scan_assets (
        scan_id TEXT NOT NULL, asset_id TEXT NOT NULL, PRIMARY KEY (scan_id, asset_id)
    );
    """,
)

_ASSET = (
    "id, hostname, address, kind, os, criticality, state, open_ports, tags, owner,"
    " source, scan_id, first_seen, last_seen"
)
_SCAN = "id, network, status, looked_at, addresses, requested_by, requested_at, finished_at"
"""Columns by name: a newer revision may have added others to the shared file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A scan that this worker holds."""

    scan_id: str
    tenant: str
    network: str
    looked_at: int
    requested_by: str
    traceparent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFilter:
    """Which assets are asked for; None means all."""

    kind: str | None = None
    criticality: str | None = None
    state: str | None = None
    scan_id: str | None = None


def insert_asset(connection: Connection, tenant: str, asset: Asset) -> bool:
    """Keep a new asset; False when the tenant has one at that address."""
    row = (
        *(tenant, asset.id, asset.hostname, asset.address, asset.kind, asset.os, asset.criticality),
        *(asset.state, json.dumps(asset.open_ports), json.dumps(asset.tags), asset.owner, asset.source),
        *(asset.scan_id, asset.first_seen, asset.last_seen),
    )
    places = ", ".join("?" * len(row))
    done = connection.execute(
        f"INSERT INTO assets (tenant, {_ASSET}) VALUES ({places}) ON CONFLICT (tenant, address) DO NOTHING",
        row,
    )
    return done.rowcount > 0


def asset_of(connection: Connection, tenant: str, asset_id: str) -> Asset | None:
    """The tenant's asset of that id."""
    row = connection.execute(
        f"SELECT {_ASSET} FROM assets WHERE tenant = ? AND id = ?", (tenant, asset_id)
    ).fetchone()
    return _asset(row) if row else None


def assets_after(
    connection: Connection, tenant: str, wanted: AssetFilter, after: str, limit: int
) -> list[Asset]:
    """The tenant's assets whose ids follow `after`, in the order of ids."""
    clauses = {
        "kind = ?": wanted.kind,
        "criticality = ?": wanted.criticality,
        "state = ?": wanted.state,
        "id IN (SELECT asset_id FROM scan_assets WHERE scan_id = ?)": wanted.scan_id,
    }
    used = {clause: value for clause, value in clauses.items() if value is not None}
    where = " AND ".join(["tenant = ?", "id > ?", *used])
    rows = connection.execute(
        f"SELECT {_ASSET} FROM assets WHERE {where} ORDER BY id LIMIT ?",
        (tenant, after, *used.values(), limit),
    )
    return [_asset(row) for row in rows]


def change_asset(connection: Connection, tenant: str, asset_id: str, change: AssetChange) -> Asset | None:
    """Change what is given; None when the tenant has no such asset."""
    given = {name: getattr(change, name) for name in sorted(change.model_fields_set)}
    values = {
        name: json.dumps(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None
    }
    if values:
        assignments = ", ".join(f"{name} = ?" for name in values)
        connection.execute(
            f"UPDATE assets SET {assignments} WHERE tenant = ? AND id = ?",
            (*values.values(), tenant, asset_id),
        )
    return asset_of(connection, tenant, asset_id)


def delete_asset(connection: Connection, tenant: str, asset_id: str) -> bool:
    """Forget an asset; False when the tenant has no such asset."""
    connection.execute("DELETE FROM scan_assets WHERE asset_id = ?", (asset_id,))
    done = connection.execute("DELETE FROM assets WHERE tenant = ? AND id = ?", (tenant, asset_id))
    return done.rowcount > 0


def insert_scan(connection: Connection, tenant: str, scan: Scan, traceparent: str) -> None:
    """Queue a scan."""
    connection.execute(
        f"INSERT INTO scans (tenant, {_SCAN}, traceparent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(tenant, scan.id, scan.network, scan.status, scan.looked_at, scan.addresses),
            *(scan.requested_by, scan.requested_at, scan.finished_at, traceparent),
        ),
    )


def scan_of(connection: Connection, tenant: str, scan_id: str) -> Scan | None:
    """The tenant's scan of that id."""
    row = connection.execute(
        f"SELECT {_SCAN} FROM scans WHERE tenant = ? AND id = ?", (tenant, scan_id)
    ).fetchone()
    return _scan(connection, row) if row else None


def scans_before(connection: Connection, tenant: str, before: str, limit: int) -> list[Scan]:
    """The tenant's scans older than `before` ("" for the newest), newest first."""
    rows = connection.execute(
        f"SELECT {_SCAN} FROM scans WHERE tenant = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?",
        (tenant, before, before, limit),
    ).fetchall()
    return [_scan(connection, row) for row in rows]


def has_open_scan(connection: Connection, now: float) -> bool:
    """Whether there is a scan to take; a look that needs no turn at writing."""
    query = "SELECT 1 FROM scans WHERE status != 'done' AND leased_until < ? LIMIT 1"
    return connection.execute(query, (now,)).fetchone() is not None


def claim_scan(connection: Connection, worker: str, now: float, lease_s: float) -> Job | None:
    """Take the oldest scan that nobody holds; one whose holder went silent is taken over where it stood."""
    row = connection.execute(
        "UPDATE scans SET status = 'running', worker = ?, leased_until = ? WHERE id ="
        " (SELECT id FROM scans WHERE status != 'done' AND leased_until < ? ORDER BY id LIMIT 1)"
        " RETURNING id, tenant, network, looked_at, requested_by, traceparent",
        (worker, now + lease_s, now),
    ).fetchone()
    if row is None:
        return None
    return Job(
        scan_id=row["id"],
        tenant=row["tenant"],
        network=row["network"],
        looked_at=row["looked_at"],
        requested_by=row["requested_by"],
        traceparent=row["traceparent"],
    )


def advance_scan(connection: Connection, job: Job, worker: str, looked_at: int, leased_until: float) -> bool:
    """Note progress and prolong the lease; False when another worker holds the scan by now."""
    done = connection.execute(
        "UPDATE scans SET looked_at = ?, leased_until = ? WHERE id = ? AND worker = ? AND status = 'running'",
        (looked_at, leased_until, job.scan_id, worker),
    )
    return done.rowcount > 0


def finish_scan(connection: Connection, job: Job, worker: str, now: float) -> bool:
    """Call the scan done; False when another worker holds it by now."""
    done = connection.execute(
        "UPDATE scans SET status = 'done', finished_at = ?, worker = NULL"
        " WHERE id = ? AND worker = ? AND status = 'running'",
        (now, job.scan_id, worker),
    )
    return done.rowcount > 0


def keep_finding(connection: Connection, job: Job, finding: Finding, now: float) -> None:
    """Keep what a scan found: a known address was seen again, an unknown one is a new asset."""
    profile = finding.profile
    row = connection.execute(
        f"INSERT INTO assets (tenant, {_ASSET})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, '[]', NULL, 'scan', ?, ?, ?)"
        " ON CONFLICT (tenant, address) DO UPDATE SET"
        " last_seen = excluded.last_seen, scan_id = excluded.scan_id RETURNING id",
        (
            *(job.tenant, domain.asset_id(job.scan_id, finding.address), finding.hostname, finding.address),
            *(profile.kind, profile.os, profile.criticality, json.dumps(profile.ports)),
            *(job.scan_id, now, now),
        ),
    ).fetchone()
    connection.execute("INSERT OR IGNORE INTO scan_assets VALUES (?, ?)", (job.scan_id, row["id"]))


def _asset(row: Row) -> Asset:
    fields: dict[str, Any] = dict(zip(row.keys(), row, strict=True))
    fields["open_ports"] = json.loads(row["open_ports"])
    fields["tags"] = json.loads(row["tags"])
    return Asset(**fields)


def _scan(connection: Connection, row: Row) -> Scan:
    found = connection.execute(
        "SELECT asset_id FROM scan_assets WHERE scan_id = ? ORDER BY asset_id", (row["id"],)
    )
    fields: dict[str, Any] = dict(zip(row.keys(), row, strict=True))
    return Scan(asset_ids=[link["asset_id"] for link in found], **fields)
