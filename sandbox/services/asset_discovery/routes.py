"""The operations of asset-discovery."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from sandbox.kit import trace
from sandbox.kit.change import Change, changing, creating
from sandbox.kit.identity import SERVICE, Principal, at_least, required
from sandbox.kit.ids import mint
from sandbox.kit.links import leads_to, link
from sandbox.kit.models import Identifier
from sandbox.kit.paging import Cursor, Limit, cut, key_after
from sandbox.kit.problem import Problem, responses
from sandbox.kit.runtime import StoreDep
from sandbox.services.asset_discovery import domain, seeding, store
from sandbox.services.asset_discovery.domain import Kind, Level, State
from sandbox.services.asset_discovery.models import (
    Asset,
    AssetChange,
    AssetPage,
    Exposures,
    ExposureView,
    NewAsset,
    NewScan,
    Scan,
    ScanPage,
)
from sandbox.services.asset_discovery.scanner import Scanner

router = APIRouter(prefix="/v1", tags=["assets"])

Reader = Annotated[Principal, Depends(required(*at_least("viewer"), SERVICE))]
Creation = Annotated[Change, Depends(creating(*at_least("analyst")))]
Edit = Annotated[Change, Depends(changing(*at_least("analyst"), SERVICE))]
Removal = Annotated[Change, Depends(changing(*at_least("manager")))]

AssetId = Annotated[Identifier, Path(examples=[seeding.KNOWN_ASSET])]
ScanId = Annotated[Identifier, Path(examples=[seeding.KNOWN_SCAN])]


def scanner_of(request: Request) -> Scanner:
    """The app's scanner."""
    scanner: Scanner = request.app.state.scanner
    return scanner


def asset_filter(
    kind: Kind | None = None,
    criticality: Level | None = None,
    state: State | None = None,
    scan_id: Annotated[Identifier | None, Query(alias="scanId")] = None,
) -> store.AssetFilter:
    """Which assets a list is about."""
    return store.AssetFilter(kind=kind, criticality=criticality, state=state, scan_id=scan_id)


@router.post(
    "/scans",
    status_code=202,
    summary="Start a scan in the background; poll it until it is done",
    responses=leads_to(202, link("get_scan", scan_id="/id")) | responses(409),
)
def start_scan(
    body: NewScan,
    change: Creation,
    scanner: Annotated[Scanner, Depends(scanner_of)],
) -> Scan:
    scan = Scan(
        id=mint("scn"),
        network=body.network,
        status="queued",
        looked_at=0,
        addresses=len(domain.addresses_of(body.network)),
        asset_ids=[],
        requested_by=change.principal.actor,
        requested_at=time.time(),
        finished_at=None,
    )
    with change.write() as connection:
        store.insert_scan(connection, change.tenant, scan, trace.current().traceparent)
        change.note(connection, "scan.started", scan.id, network=scan.network)
        change.keep(connection, 202, scan)
    scanner.wake()
    return scan


@router.get("/scans", summary="Scans, newest first")
def list_scans(principal: Reader, database: StoreDep, limit: Limit = 50, cursor: Cursor = None) -> ScanPage:
    with database.read() as connection:
        rows = store.scans_before(connection, principal.tenant, key_after(cursor), limit + 1)
    items, following = cut(rows, limit, lambda scan: scan.id)
    return ScanPage(items=list(items), next_cursor=following)


@router.get("/scans/{scan_id}", summary="How far a scan is, and what it found", responses=responses(404))
def get_scan(scan_id: ScanId, principal: Reader, database: StoreDep) -> Scan:
    with database.read() as connection:
        scan = store.scan_of(connection, principal.tenant, scan_id)
    if scan is None:
        raise Problem(404, "There is no scan of that id.", code="scan_unknown")
    return scan


@router.get(
    "/assets",
    summary="Assets in the order of their ids",
)
def list_assets(
    principal: Reader,
    database: StoreDep,
    wanted: Annotated[store.AssetFilter, Depends(asset_filter)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AssetPage:
    with database.read() as connection:
        rows = store.assets_after(connection, principal.tenant, wanted, key_after(cursor), limit + 1)
    items, following = cut(rows, limit, lambda asset: asset.id)
    return AssetPage(items=list(items), next_cursor=following)


@router.post(
    "/assets",
    status_code=201,
    summary="Enter an asset by hand",
    responses=responses(409)
    | leads_to(
        201,
        link("get_asset", asset_id="/id"),
        link("change_asset", asset_id="/id"),
        link("delete_asset", asset_id="/id"),
        link("get_exposures", asset_id="/id"),
    ),
)
def create_asset(body: NewAsset, change: Creation) -> Asset:
    now = time.time()
    asset = Asset(
        id=mint("ast"),
        state="active",
        source="person",
        scan_id=None,
        first_seen=now,
        last_seen=now,
        **body.model_dump(by_alias=False),
    )
    with change.write() as connection:
        if not store.insert_asset(connection, change.tenant, asset):
            raise Problem(409, "There is an asset at that address already.", code="address_taken")
        change.note(connection, "asset.created", asset.id)
        change.keep(connection, 201, asset)
    return asset


@router.get("/assets/{asset_id}", summary="One asset", responses=responses(404))
def get_asset(asset_id: AssetId, principal: Reader, database: StoreDep) -> Asset:
    with database.read() as connection:
        return _known(store.asset_of(connection, principal.tenant, asset_id))


@router.patch("/assets/{asset_id}", summary="Change what is given", responses=responses(404))
def change_asset(asset_id: AssetId, body: AssetChange, change: Edit) -> Asset:
    with change.write() as connection:
        asset = _known(store.change_asset(connection, change.tenant, asset_id, body))
        changed = ",".join(sorted(body.model_fields_set))
        change.note(connection, "asset.changed", asset_id, fields=changed, state=asset.state)
    return asset


@router.delete("/assets/{asset_id}", status_code=204, summary="Forget an asset", responses=responses(404))
def delete_asset(asset_id: AssetId, change: Removal) -> Response:
    with change.write() as connection:
        if not store.delete_asset(connection, change.tenant, asset_id):
            raise _unknown()
        change.note(connection, "asset.deleted", asset_id)
    return Response(status_code=204)


@router.get(
    "/assets/{asset_id}/exposures", summary="What an asset exposes, worst first", responses=responses(404)
)
def get_exposures(asset_id: AssetId, principal: Reader, database: StoreDep) -> Exposures:
    with database.read() as connection:
        asset = _known(store.asset_of(connection, principal.tenant, asset_id))
    found = domain.exposures_of(asset.open_ports)
    return Exposures(asset_id=asset_id, items=[ExposureView(**asdict(exposure)) for exposure in found])


def _known(asset: Asset | None) -> Asset:
    if asset is None:
        raise _unknown()
    return asset


def _unknown() -> Problem:
    return Problem(404, "There is no asset of that id.", code="asset_unknown")
