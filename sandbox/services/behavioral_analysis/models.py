"""What behavioral-analysis takes and gives on the wire."""

from __future__ import annotations

from typing import Literal

from sandbox.kit.models import Identifier, Shape
from sandbox.kit.moment import Moment
from sandbox.kit.paging import PageShape
from sandbox.services.behavioral_analysis.domain import Level

Source = Literal["own", "peers"]


class BaselineView(Shape):
    """An entity's ordinary day; that of its peers for an entity without a past."""

    entity_id: str
    source: Source
    mean: float
    deviation: float
    days: int
    daily: list[float]
    """The entity's own past days, oldest first; empty when the past is that of the peers."""


class ScoreRequest(Shape):
    """The entity to score."""

    entity_id: Identifier


class ScoreView(Shape):
    """How far an entity is from its past now; `risk` lies in 0..100."""

    entity_id: str
    risk: float
    level: Level
    is_anomalous: bool
    z: float
    observed: float
    baseline_mean: float
    baseline_deviation: float
    baseline_source: Source
    event_ids: list[str]
    """The events that the score rests on, heaviest first."""
    window_hours: int
    computed_at: Moment


class Anomaly(Shape):
    """A score that left the ordinary, kept at its highest of the day."""

    id: str
    entity_id: str
    risk: float
    level: Level
    z: float
    event_ids: list[str]
    detected_at: Moment
    updated_at: Moment


class AnomalyPage(PageShape):
    """Anomalies in the order of their ids."""

    items: list[Anomaly]


class Model(Shape):
    """How scores come about."""

    version: str
    formula: str
    window_hours: int
    baseline_days: int
    midpoint: float
    deviation_floor: float
    anomalous_from: float
    severity_weights: dict[str, float]
    suspicious_kinds: list[str]
    suspicion_factor: float
