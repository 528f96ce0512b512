"""Which recorded load run counts: of the agreed size, about these images, within its service levels."""

from __future__ import annotations

from collections.abc import Sequence

from gates.model.history import PastRun
from gates.model.target import Target
from journeys.checks import demand
from load.profiles import PROFILES
from tests.readiness.records import demand_held

AGREED = PROFILES["expected"]
"""The profile that the platform's load was agreed on."""

REACHED = "LOD-AGREED-RATE"
LEVELS = "LOD-AGREED-"


def demand_load(runs: Sequence[PastRun], target: Target, *, place: str = "") -> None:
    """Demand a load run of the agreed size that kept every level."""
    checks = demand_held(runs, target, LEVELS, place=place)
    wanted = max(check.samples for check in checks if check.criterion == REACHED)
    agreed = AGREED.offer(target.expected_load).requests
    demand(
        wanted >= target.demand(REACHED).threshold * agreed,
        f"the load run was of {wanted} requests, the agreed size is {agreed}",
        blames="api-gateway",
    )
