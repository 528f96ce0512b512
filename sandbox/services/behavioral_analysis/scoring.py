"""Scores an entity: its past from the store, its present from event-processor."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from sandbox.kit.identity import Principal
from sandbox.kit.mesh import Mesh
from sandbox.kit.problem import Problem
from sandbox.kit.store import Store
from sandbox.services.behavioral_analysis import domain, sources, store
from sandbox.services.behavioral_analysis.domain import Baseline
from sandbox.services.behavioral_analysis.models import Anomaly, BaselineView, ScoreView, Source

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What scoring needs; made per request."""

    mesh: Mesh
    database: Store

    def baseline(self, principal: Principal, entity_id: str) -> BaselineView:
        """The entity's baseline: its own, or its peers' when it is an asset without a past.

        Raises:
            Problem: 404 when the entity is not known, 503 when asset-discovery cannot be asked.
        """
        with self.database.read() as connection:
            daily = store.daily_of(connection, principal.tenant, entity_id)
            peers = [] if daily else store.all_days(connection, principal.tenant)
        if daily:
            return _view(entity_id, "own", domain.baseline_of(daily), daily)
        if not sources.is_asset(self.mesh, principal, entity_id):
            raise Problem(404, "There is no entity of that id.", code="entity_unknown")
        return _view(entity_id, "peers", domain.peer_baseline(peers), [])

    def score(self, principal: Principal, entity_id: str) -> ScoreView:
        """The entity's score now.

        Raises:
            Problem: 404 when the entity is not known, 503 when its events cannot be had.
        """
        view = self.baseline(principal, entity_id)
        now = time.time()
        seen = sources.activities(self.mesh, principal, entity_id, now - domain.WINDOW_H * 3600)
        baseline = Baseline(mean=view.mean, deviation=view.deviation, days=view.days)
        result = domain.score(seen, baseline)
        return ScoreView(
            **asdict(result),
            entity_id=entity_id,
            is_anomalous=result.risk >= domain.ANOMALOUS_FROM,
            baseline_mean=view.mean,
            baseline_deviation=view.deviation,
            baseline_source=view.source,
            window_hours=domain.WINDOW_H,
            computed_at=now,
        )


def anomaly_of(score: ScoreView) -> Anomaly:
    """The anomaly that a score amounts to: one per entity and day."""
    day = int(score.computed_at // DAY_S)
    return Anomaly(
        id=f"ano_{day}_{score.entity_id}",
        entity_id=score.entity_id,
        risk=score.risk,
        level=score.level,
        z=score.z,
        event_ids=score.event_ids,
        detected_at=score.computed_at,
        updated_at=score.computed_at,
    )


def _view(entity_id: str, source: Source, baseline: Baseline, daily: list[float]) -> BaselineView:
    return BaselineView(entity_id=entity_id, source=source, daily=daily, **asdict(baseline))
