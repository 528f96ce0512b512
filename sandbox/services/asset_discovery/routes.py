"""The operations of asset-discovery."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from sandbox.kit import trace
from sandbox.kit.change import Change, Creation, Edit, Reader, changing
from sandbox.kit.identity import at_least
from sandbox.kit.ids import mint
from sandbox.kit.links import leads_to, link
from sandbox.kit.models import Identifier
from sandbox.kit.paging import Paging
from sandbox.kit.problem import Problem, responses
from sandbox.kit.resource import Filter
from sandbox.kit.worker import WorkerDep
from sandbox.services.asset_discovery import domain, seeding, store
from sandbox.services.asset_discovery.domain import Kind, Level, State
from sandbox.services.asset_discovery.models import (
    Asset,
    AssetChange,
    AssetPage,
    Exposures,
    NewAsset,
    NewScan,
    Scan,
    ScanPage,
)

router = APIRouter(prefix="/v1", tags=["assets"])

Removal = Annotated[Change, Depends(changing(*at_least("manager")))]

AssetId = Annotated[Identifier, Path(examples=[seeding.KNOWN_ASSET])]
ScanId = Annotated[Identifier, Path(examples=[seeding.KNOWN_SCAN])]


async def asset_filter(
    kind: Kind | None = None,
    criticality: Level | None = None,
    state: State | None = None,
    scan_id: Annotated[Identifier | None, Query(alias="scanId")] = None,
) -> Filter:
    given = {"kind = ?": kind, "criticality = ?": criticality, "state = ?": state}
    return {**given, store.SEEN_BY_SCAN: scan_id}


@router.post(
    "/scans",
    status_code=202,
    summary="Start a scan in the background; poll it until it is done",
    responses=leads_to(202, link("get_scan", scan_id="/id")) | responses(409),
)
def start_scan(body: NewScan, change: Creation, worker: WorkerDep) -> Scan:
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
        store.SCANS.insert(connection, change.tenant, scan, traceparent=trace.current().traceparent)
        change.note(connection, "scan.started", scan.id, network=scan.network)
        change.keep(connection, 202, scan)
    worker.wake()
    return scan


@router.get("/scans", summary="Scans, newest first")
def list_scans(reader: Reader, page: Paging) -> ScanPage:
    return ScanPage(**reader.page(store.SCANS, page))


@router.get("/scans/{scan_id}", summary="How far a scan is, and what it found", responses=responses(404))
def get_scan(scan_id: ScanId, reader: Reader) -> Scan:
    return reader.known(store.SCANS, scan_id)


@router.get("/assets", summary="Assets in the order of their ids")
def list_assets(reader: Reader, page: Paging, wanted: Annotated[Filter, Depends(asset_filter)]) -> AssetPage:
    return AssetPage(**reader.page(store.ASSETS, page, wanted))


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
        if not store.ASSETS.insert(connection, change.tenant, asset):
            raise Problem(409, "There is an asset at that address already.", code="address_taken")
        change.note(connection, "asset.created", asset.id)
        change.keep(connection, 201, asset)
    return asset


@router.get("/assets/{asset_id}", summary="One asset", responses=responses(404))
def get_asset(asset_id: AssetId, reader: Reader) -> Asset:
    return reader.known(store.ASSETS, asset_id)


@router.patch("/assets/{asset_id}", summary="Change what is given", responses=responses(404))
def change_asset(asset_id: AssetId, body: AssetChange, change: Edit) -> Asset:
    given = {name: getattr(body, name) for name in sorted(body.model_fields_set)}
    values = {name: value for name, value in given.items() if value is not None}
    with change.write() as connection:
        asset = store.ASSETS.change(connection, change.tenant, asset_id, values)
        change.note(connection, "asset.changed", asset_id, fields=",".join(given), state=asset.state)
    return asset


@router.delete("/assets/{asset_id}", status_code=204, summary="Forget an asset", responses=responses(404))
def delete_asset(asset_id: AssetId, change: Removal) -> Response:
    with change.write() as connection:
        store.delete_asset(connection, change.tenant, asset_id)
        change.note(connection, "asset.deleted", asset_id)
    return Response(status_code=204)


@router.get(
    "/assets/{asset_id}/exposures", summary="What an asset exposes, worst first", responses=responses(404)
)
def get_exposures(asset_id: AssetId, reader: Reader) -> Exposures:
    asset = reader.known(store.ASSETS, asset_id)
    return Exposures(asset_id=asset_id, items=domain.exposures_of(asset.open_ports))
