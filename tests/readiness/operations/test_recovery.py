"""DR-CRITICAL, DR-IMPORTANT, DR-STANDARD: drills kept the recovery objectives of each tier.

Two drills tell about a service: the restore of the database that it shares, and its own deployment from the
recorded image. What is measured is the worst of both, as a share of what the tier allows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from gates.model.drill import DrillKind, DrillRecord
from gates.model.platform import Tier
from gates.model.target import ServiceTarget
from tests.readiness.operations import drilled

_DEPLOYED = (DrillKind.REDEPLOY, DrillKind.REDEPLOY_ALL)


@dataclass(frozen=True, slots=True)
class Drilling:
    """What the drills of the environment say about a service."""

    drills: tuple[DrillRecord, ...]
    objectives: Callable[[str], Tier]
    measure: Callable[..., None]
    place: str = ""

    def measure_worst(self, service: str) -> None:
        """Measure the worst share of what the service's tier allows."""
        tier = self.objectives(service)
        found = (
            drilled.restore(self.drills, blames=service, place=self.place),
            drilled.newest(self.drills, service, *_DEPLOYED, blames=service, place=self.place),
        )
        rto_s, rpo_s = tier.rto.total_seconds(), tier.rpo.total_seconds()
        worst = max(max(one.rto_s / rto_s, one.rpo_s / rpo_s) for one in found)
        self.measure(worst, unit="ratio", samples=len(found))


@pytest.fixture
def drilling(
    drills: tuple[DrillRecord, ...],
    objectives: Callable[[str], Tier],
    measure: Callable[..., None],
    place: str,
) -> Drilling:
    """Give the drills, the objectives and the measuring in one."""
    return Drilling(drills, objectives, measure, place)


@pytest.mark.criterion("DR-CRITICAL")
def test_critical_tier(service: ServiceTarget, drilling: Drilling) -> None:
    """Drills kept the objectives of the critical tier."""
    drilling.measure_worst(service.name)


@pytest.mark.criterion("DR-IMPORTANT")
def test_important_tier(service: ServiceTarget, drilling: Drilling) -> None:
    """Drills kept the objectives of the important tier."""
    drilling.measure_worst(service.name)


@pytest.mark.criterion("DR-STANDARD")
def test_standard_tier(service: ServiceTarget, drilling: Drilling) -> None:
    """Drills kept the objectives of the standard tier."""
    drilling.measure_worst(service.name)
