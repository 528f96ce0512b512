"""The operations of behavioral-analysis."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query

from sandbox.kit.change import Edit, Reader
from sandbox.kit.models import Identifier
from sandbox.kit.paging import Paging
from sandbox.kit.problem import responses
from sandbox.kit.runtime import KitDep, StoreDep
from sandbox.services.behavioral_analysis import domain, seeding, store
from sandbox.services.behavioral_analysis.models import (
    AnomalyPage,
    BaselineView,
    Model,
    ScoreRequest,
    ScoreView,
)
from sandbox.services.behavioral_analysis.scoring import Scoring, anomaly_of

router = APIRouter(prefix="/v1", tags=["behaviour"])


EntityId = Annotated[Identifier, Path(examples=[seeding.KNOWN_ENTITY])]


async def scoring_of(kit: KitDep, database: StoreDep) -> Scoring:
    return Scoring(mesh=kit.mesh, database=database)


ScoringDep = Annotated[Scoring, Depends(scoring_of)]


@router.get("/entities/{entity_id}/baseline", summary="An entity's ordinary day", responses=responses(404))
def get_baseline(entity_id: EntityId, reader: Reader, scoring: ScoringDep) -> BaselineView:
    return scoring.baseline(reader.principal, entity_id)


@router.get(
    "/entities/{entity_id}/score", summary="How far an entity is from its past", responses=responses(404)
)
def get_score(entity_id: EntityId, reader: Reader, scoring: ScoringDep) -> ScoreView:
    return scoring.score(reader.principal, entity_id)


@router.post(
    "/score", summary="Score an entity and keep the score if it is an anomaly", responses=responses(404)
)
def score_entity(
    body: Annotated[ScoreRequest, Body(examples=[{"entityId": seeding.KNOWN_ENTITY}])],
    change: Edit,
    scoring: ScoringDep,
) -> ScoreView:
    score = scoring.score(change.principal, body.entity_id)
    with change.write() as connection:
        if score.is_anomalous:
            store.save_anomaly(connection, change.tenant, anomaly_of(score))
        change.note(connection, "entity.scored", body.entity_id, risk=score.risk)
    return score


@router.get("/anomalies", summary="Scores that left the ordinary")
def list_anomalies(
    reader: Reader,
    page: Paging,
    entity_id: Annotated[Identifier | None, Query(alias="entityId", examples=[seeding.KNOWN_ENTITY])] = None,
) -> AnomalyPage:
    return AnomalyPage(**reader.page(store.ANOMALIES, page, {"entity_id = ?": entity_id}))


@router.get("/model", summary="How scores come about")
def get_model(_reader: Reader) -> Model:
    return Model(
        version=domain.MODEL_VERSION,
        formula="risk = 50 * (1 + d / (1 + |d|)), d = (observed - mean) / max(deviation, floor) - midpoint",
        window_hours=domain.WINDOW_H,
        baseline_days=domain.BASELINE_DAYS,
        midpoint=domain.MIDPOINT,
        deviation_floor=domain.DEVIATION_FLOOR,
        anomalous_from=domain.ANOMALOUS_FROM,
        severity_weights=domain.SEVERITY_WEIGHTS,
        suspicious_kinds=sorted(domain.SUSPICIOUS_KINDS),
        suspicion_factor=domain.SUSPICION_FACTOR,
    )
