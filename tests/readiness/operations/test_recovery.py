"""DR-CRITICAL, DR-IMPORTANT, DR-STANDARD: drills kept the recovery objectives of each tier.

Two drills tell about a service: the restore of the database that it shares, and its own deployment from the
recorded image. What is measured is the worst of both, as a share of what the tier allows.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gates.model.drill import DrillKind, DrillRecord
from gates.model.platform import Tier
from gates.model.target import ServiceTarget
from tests.readiness.operations import drilled

Drills = tuple[DrillRecord, ...]
Objectives = Callable[[str], Tier]
Measure = Callable[..., None]


@pytest.mark.criterion("DR-CRITICAL")
def test_critical_tier(
    service: ServiceTarget, drills: Drills, objectives: Objectives, measure: Measure
) -> None:
    """Drills kept the objectives of the critical tier."""
    _measure_worst(service.name, drills, objectives(service.name), measure)


@pytest.mark.criterion("DR-IMPORTANT")
def test_important_tier(
    service: ServiceTarget, drills: Drills, objectives: Objectives, measure: Measure
) -> None:
    """Drills kept the objectives of the important tier."""
    _measure_worst(service.name, drills, objectives(service.name), measure)


@pytest.mark.criterion("DR-STANDARD")
def test_standard_tier(
    service: ServiceTarget, drills: Drills, objectives: Objectives, measure: Measure
) -> None:
    """Drills kept the objectives of the standard tier."""
    _measure_worst(service.name, drills, objectives(service.name), measure)


def _measure_worst(service: str, drills: Drills, tier: Tier, measure: Measure) -> None:
    rto_s, rpo_s = tier.rto.total_seconds(), tier.rpo.total_seconds()
    found = (
        drilled.restore(drills, blames=service),
        drilled.newest(drills, service, DrillKind.REDEPLOY, DrillKind.REDEPLOY_ALL, blames=service),
    )
    worst = max(max(one.rto_s / rto_s, one.rpo_s / rpo_s) for one in found)
    measure(worst, unit="ratio", samples=len(found))
