"""The operations of threat-detection."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Path, Query

from sandbox.kit.change import Change, changing, creating
from sandbox.kit.identity import SERVICE, Principal, at_least, required
from sandbox.kit.ids import mint
from sandbox.kit.links import leads_to, link
from sandbox.kit.models import Identifier
from sandbox.kit.paging import Cursor, Limit, cut, key_after
from sandbox.kit.problem import Problem, responses
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

Reader = Annotated[Principal, Depends(required(*at_least("viewer"), SERVICE))]
Edit = Annotated[Change, Depends(changing(*at_least("analyst"), SERVICE))]
Creation = Annotated[Change, Depends(creating(*at_least("analyst")))]

ThreatId = Annotated[Identifier, Path(examples=[seeding.known_threat()])]


def derivation_of(kit: KitDep, database: StoreDep) -> Derivation:
    """What deriving needs, for one request."""
    return Derivation(mesh=kit.mesh, database=database, audit=kit.audit)


DerivationDep = Annotated[Derivation, Depends(derivation_of)]


def threat_filter(
    asset_id: Annotated[Identifier | None, Query(alias="assetId", examples=[seeding.KNOWN_ASSET])] = None,
    severity: Severity | None = None,
    status: Status | None = None,
) -> store.ThreatFilter:
    """Which threats a list is about."""
    return store.ThreatFilter(asset_id=asset_id, severity=severity, status=status)


@router.get(
    "/threats",
    summary="Threats, derived from event-processor's correlations at this look",
)
def list_threats(
    principal: Reader,
    derivation: DerivationDep,
    wanted: Annotated[store.ThreatFilter, Depends(threat_filter)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ThreatPage:
    freshness = _freshened(derivation, principal)
    with derivation.database.read() as connection:
        rows = store.threats_after(connection, principal.tenant, wanted, key_after(cursor), limit + 1)
    items, following = cut(rows, limit, lambda threat: threat.id)
    return ThreatPage(items=list(items), next_cursor=following, freshness=freshness)


@router.get(
    "/threats/{threat_id}",
    summary="One threat, with the ids of its asset and its events",
    responses=responses(404) | leads_to(200, link("change_threat", threat_id="/id")),
)
def get_threat(threat_id: ThreatId, principal: Reader, derivation: DerivationDep) -> Threat:
    with derivation.database.read() as connection:
        threat = store.threat_of(connection, principal.tenant, threat_id)
    return _known(threat)


@router.patch(
    "/threats/{threat_id}", summary="Say where people stand with a threat", responses=responses(404)
)
def change_threat(threat_id: ThreatId, body: ThreatChange, change: Edit) -> Threat:
    with change.write() as connection:
        threat = _known(store.change_threat(connection, change.tenant, threat_id, body, time.time()))
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
        threats = [store.threat_of(connection, change.tenant, threat_id) for threat_id in threat_ids]
        change.note(connection, "asset.analyzed", body.asset_id, threats=len(threat_ids))
    return Analysis(
        asset_id=body.asset_id,
        correlations=looked_at,
        threats=[threat for threat in threats if threat is not None],
    )


@router.get("/indicators", summary="Values known to be bad, newest first")
def list_indicators(
    principal: Reader, database: StoreDep, limit: Limit = 50, cursor: Cursor = None
) -> IndicatorPage:
    with database.read() as connection:
        rows = store.indicators_before(connection, principal.tenant, key_after(cursor), limit + 1)
    items, following = cut(rows, limit, lambda indicator: indicator.id)
    return IndicatorPage(items=list(items), next_cursor=following)


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
        if not store.insert_indicator(connection, change.tenant, indicator):
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


def _known(threat: Threat | None) -> Threat:
    if threat is None:
        raise Problem(404, "There is no threat of that id.", code="threat_unknown")
    return threat
