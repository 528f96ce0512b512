"""How far an entity is from its own past: pure logic, no I/O.

The observed activity is the sum of the weights of the entity's events in the last `WINDOW_H` hours. The
baseline is the mean and the standard deviation of the same sum on each of the past 60 days. With

    z = (observed - mean) / max(deviation, DEVIATION_FLOOR)
    d = z - MIDPOINT
    risk = 50 * (1 + d / (1 + |d|))

the risk lies in (0, 100), is 50 at `MIDPOINT` deviations above the mean, and rises strictly with every
event, because it is an algebraic sigmoid of a strictly rising function.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["low", "medium", "high", "critical"]

WINDOW_H = 24
MIDPOINT = 3.0
DEVIATION_FLOOR = 1.0
ANOMALOUS_FROM = 50.0
"""A risk of at least this much is an anomaly."""
BASELINE_DAYS = 60
MODEL_VERSION = "1.0"

SEVERITY_WEIGHTS: dict[str, float] = {"info": 0.2, "low": 1.0, "medium": 3.0, "high": 8.0, "critical": 20.0}
SUSPICIOUS_KINDS: frozenset[str] = frozenset(
    {
        "privilege_escalation",
        "malware_detected",
        "lateral_movement",
        "data_exfiltration",
    }
)
SUSPICION_FACTOR = 2.0
"""What the weight of a suspicious kind is multiplied by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An entity's ordinary day: mean and deviation of the daily activity over `days` days."""

    mean: float
    deviation: float
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One event as the score sees it."""

    id: str
    kind: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The risk in (0, 100), how it came about and the events it rests on, heaviest first."""

    risk: float
    z: float
    observed: float
    level: Level
    event_ids: list[str]


def baseline_of(days: Sequence[float]) -> Baseline:
    """Mean and population deviation of the daily activity; a past of no day is a past of silence."""
    if not days:
        return Baseline(mean=0.0, deviation=0.0, days=0)
    mean = math.fsum(days) / len(days)
    variance = math.fsum((day - mean) ** 2 for day in days) / len(days)
    return Baseline(mean=mean, deviation=math.sqrt(variance), days=len(days))


def peer_baseline(peers: Iterable[Sequence[float]]) -> Baseline:
    """The baseline of an entity without a past: the pooled days of its peers."""
    return baseline_of([day for days in peers for day in days])


def weight_of(activity: Activity) -> float:
    """What one event adds to the observed activity; always above zero."""
    factor = SUSPICION_FACTOR if activity.kind in SUSPICIOUS_KINDS else 1.0
    return SEVERITY_WEIGHTS[activity.severity] * factor


def risk_of(observed: float, baseline: Baseline) -> tuple[float, float]:
    """The risk and the z value behind it (see the module's formula)."""
    z = (observed - baseline.mean) / max(baseline.deviation, DEVIATION_FLOOR)
    distance = z - MIDPOINT
    return 50.0 * (1.0 + distance / (1.0 + abs(distance))), z


def level_of(risk: float) -> Level:
    bounds: tuple[tuple[float, Level], ...] = ((75.0, "critical"), (ANOMALOUS_FROM, "high"), (25.0, "medium"))
    return next((word for bound, word in bounds if risk >= bound), "low")


def score(activities: Sequence[Activity], baseline: Baseline) -> Score:
    heaviest = sorted(activities, key=lambda item: (-weight_of(item), item.id))
    observed = math.fsum(weight_of(item) for item in activities)
    risk, z = risk_of(observed, baseline)
    return Score(
        risk=round(risk, 4),
        z=round(z, 4),
        observed=round(observed, 4),
        level=level_of(risk),
        event_ids=[item.id for item in heaviest[:50]],
    )
