"""How scans and assets are kept: SQL and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection

from sandbox.kit.resource import Table
from sandbox.services.asset_discovery import domain
from sandbox.services.asset_discovery.domain import Finding
from sandbox.services.asset_discovery.models import Asset, Scan

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


def _assets_of(connection: Connection, scan_id: str) -> list[str]:
    found = connection.execute(
        "SELECT asset_id FROM scan_assets WHERE scan_id = ? ORDER BY asset_id", (scan_id,)
    )
    return [row["asset_id"] for row in found]


ASSETS = Table("assets", Asset, unique="address")
SCANS = Table("scans", Scan, order="id DESC", elsewhere={"asset_ids": _assets_of})
SEEN_BY_SCAN = "id IN (SELECT asset_id FROM scan_assets WHERE scan_id = ?)"
"""The condition on assets that a scan found them, known before or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A scan that this worker holds."""

    scan_id: str
    tenant: str
    network: str
    looked_at: int
    requested_by: str
    traceparent: str


def delete_asset(connection: Connection, tenant: str, asset_id: str) -> None:
    """Forget an asset.

    Raises:
        Problem: 404 when the tenant has no such asset.
    """
    ASSETS.delete(connection, tenant, asset_id)
    connection.execute("DELETE FROM scan_assets WHERE asset_id = ?", (asset_id,))


def has_open_scan(connection: Connection, now: float) -> bool:
    """Whether there is a scan to take; a look that needs no turn at writing."""
    query = "SELECT 1 FROM scans WHERE status != 'done' AND leased_until < ? LIMIT 1"
    return connection.execute(query, (now,)).fetchone() is not None


def claim_scan(connection: Connection, worker: str, now: float, lease_s: float) -> Job | None:
    """Take the oldest scan without a lease; one whose lease ran out is taken over where it stood."""
    row = connection.execute(
        "UPDATE scans SET status = 'running', worker = ?, leased_until = ? WHERE id ="
        " (SELECT id FROM scans WHERE status != 'done' AND leased_until < ? ORDER BY id LIMIT 1)"
        " RETURNING id AS scan_id, tenant, network, looked_at, requested_by, traceparent",
        (worker, now + lease_s, now),
    ).fetchone()
    return Job(**dict(row)) if row else None


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
    asset = Asset(
        id=domain.asset_id(job.scan_id, finding.address),
        hostname=finding.hostname,
        address=finding.address,
        kind=finding.profile.kind,
        os=finding.profile.os,
        criticality=finding.profile.criticality,
        state="active",
        open_ports=list(finding.profile.ports),
        tags=[],
        owner=None,
        source="scan",
        scan_id=job.scan_id,
        first_seen=now,
        last_seen=now,
    )
    place = (job.tenant, finding.address)
    if not ASSETS.insert(connection, job.tenant, asset):
        query = "UPDATE assets SET last_seen = ?, scan_id = ? WHERE tenant = ? AND address = ?"
        connection.execute(query, (now, job.scan_id, *place))
    connection.execute(
        "INSERT OR IGNORE INTO scan_assets SELECT ?, id FROM assets WHERE tenant = ? AND address = ?",
        (job.scan_id, *place),
    )
