"""What an empty database of asset-discovery is filled with."""

from __future__ import annotations

from sqlite3 import Connection

from sandbox.kit import records
from sandbox.kit.seed import TENANTS
from sandbox.services.asset_discovery import domain, store
from sandbox.services.asset_discovery.models import Asset, Scan

KNOWN_ASSET = records.example("ast")
KNOWN_SCAN = records.example("scn")


def seed(connection: Connection) -> None:
    for record in records.assets():
        store.ASSETS.insert(connection, record.tenant, _asset(record))
    for tenant in TENANTS:
        store.SCANS.insert(connection, tenant, _scan(tenant), traceparent="")


def _asset(record: records.SeedAsset) -> Asset:
    profile = domain.PROFILES[record.number % len(domain.PROFILES)]
    return Asset(
        id=record.id,
        hostname=f"{profile.kind}-{record.number}",
        address=record.address,
        kind=profile.kind,
        os=profile.os,
        criticality=profile.criticality,
        state="active",
        open_ports=list(profile.ports),
        tags=["seed"],
        owner=None,
        source="seed",
        scan_id=None,
        first_seen=records.BEGINNING - 86_400.0 * records.BASELINE_DAYS,
        last_seen=records.BEGINNING,
    )


def _scan(tenant: str) -> Scan:
    return Scan(
        id=records.seed_id("scn", tenant, 1),
        network="10.0.0.0/24",
        status="done",
        looked_at=254,
        addresses=254,
        asset_ids=[],
        requested_by="seed",
        requested_at=records.BEGINNING,
        finished_at=records.BEGINNING,
    )
