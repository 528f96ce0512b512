"""The operations of threat-detection."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Path, Query

from sandbox.kit.change import Change, Creation, Edit, Reader, changing
from sandbox.kit.identity import Principal, at_least
from sandbox.kit.ids import mint
from sandbox.kit.links import leads_to, link
from sandbox.kit.models import Identifier
from sandbox.kit.paging import Paging
from sandbox.kit.problem import Problem, responses
from sandbox.kit.resource import Filter
from sandbox.kit.runtime import KitDep, StoreDep
from sandbox.services.threat_detection import seeding, store
from sandbox.services.threat_detection.derivation import Derivation
from sandbox.services.threat_detection.domain import Severity, Status
from sandbox.services.threat_detection.models import (
    Analysis,
    AnalysisRequest,
    Indicator,
    IndicatorPage,
    NewIndicator,
    Threat,
    ThreatChange,
    ThreatPage,
)

router = APIRouter(prefix="/v1", tags=["threats"])


ThreatId = Annotated[Identifier, Path(examples=[seeding.known_threat()])]


async def derivation_of(kit: KitDep, database: StoreDep) -> Derivation:
    return Derivation(mesh=kit.mesh, database=database, audit=kit.audit)


DerivationDep = Annotated[Derivation, Depends(derivation_of)]


async def threat_filter(
    asset_id: Annotated[Identifier | None, Query(alias="assetId", examples=[seeding.KNOWN_ASSET])] = None,
    severity: Severity | None = None,
    status: Status | None = None,
) -> Filter:
    return {"asset_id = ?": asset_id, "severity = ?": severity, "status = ?": status}


@router.get(
    "/threats",
    summary="Threats, derived from event-processor's correlations at this look",
)
def list_threats(
    reader: Reader,
    derivation: DerivationDep,
    page: Paging,
    wanted: Annotated[Filter, Depends(threat_filter)],
) -> ThreatPage:
    freshness = _freshened(derivation, reader.principal)
    return ThreatPage(**reader.page(store.THREATS, page, wanted), freshness=freshness)


@router.get(
    "/threats/{threat_id}",
    summary="One threat, with the ids of its asset and its events",
    responses=responses(404) | leads_to(200, link("change_threat", threat_id="/id")),
)
def get_threat(threat_id: ThreatId, reader: Reader) -> Threat:
    return reader.known(store.THREATS, threat_id)


@router.patch(
    "/threats/{threat_id}", summary="Say where people stand with a threat", responses=responses(404)
)
def change_threat(threat_id: ThreatId, body: ThreatChange, change: Edit) -> Threat:
    values = {**body.model_dump(by_alias=False, exclude_none=True), "updated_at": time.time()}
    with change.write() as connection:
        threat = store.THREATS.change(connection, change.tenant, threat_id, values)
        change.note(connection, "threat.changed", threat_id, status=threat.status)
    return threat


@router.post(
    "/analyze",
    summary="Look at all events of one asset now, with all indicators known by now",
)
def analyze(
    body: Annotated[AnalysisRequest, Body(examples=[{"assetId": seeding.KNOWN_ASSET}])],
    change: Annotated[Change, Depends(changing(*at_least("analyst")))],
    derivation: DerivationDep,
) -> Analysis:
    looked_at, threat_ids = derivation.analyze(change.principal, body.asset_id)
    with change.write() as connection:
        threats = [store.THREATS.of(connection, change.tenant, threat_id) for threat_id in threat_ids]
        change.note(connection, "asset.analyzed", body.asset_id, threats=len(threat_ids))
    return Analysis(
        asset_id=body.asset_id,
        correlations=looked_at,
        threats=[threat for threat in threats if threat is not None],
    )


@router.get("/indicators", summary="Values known to be bad, newest first")
def list_indicators(reader: Reader, page: Paging) -> IndicatorPage:
    return IndicatorPage(**reader.page(store.INDICATORS, page))


@router.post(
    "/indicators", status_code=201, summary="Say that a value is known to be bad", responses=responses(409)
)
def create_indicator(body: NewIndicator, change: Creation) -> Indicator:
    indicator = Indicator(
        id=mint("ind"),
        created_by=change.principal.actor,
        created_at=time.time(),
        **body.model_dump(by_alias=False),
    )
    with change.write() as connection:
        if not store.INDICATORS.insert(connection, change.tenant, indicator):
            raise Problem(409, "The value is known already.", code="indicator_known")
        change.note(connection, "indicator.created", indicator.id)
        change.keep(connection, 201, indicator)
    return indicator


def _freshened(derivation: Derivation, principal: Principal) -> Literal["current", "stale"]:
    """Catch up; what is known already is still worth an answer while event-processor is away."""
    try:
        derivation.catch_up(principal)
    except Problem:
        return "stale"
    return "current"
