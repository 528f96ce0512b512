"""How many instances each revision of a service may and must have. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.platform.contract import RevisionSpec, ServiceRoute


@dataclass(frozen=True, slots=True)
class Bounds:
    """Fewest and most instances of a revision."""

    minimum: int
    maximum: int


NONE = Bounds(0, 0)
"""A revision that no route names."""


def bounds(spec: RevisionSpec, route: ServiceRoute) -> Bounds:
    """Bounds of a revision under its service's route.

    Service-level numbers are divided by the traffic split; the manual count overrides the revision's own
    numbers, and a revision beyond that count gets no instance.
    """
    shares = percent_by_revision(route)
    if route.is_disabled or spec.revision not in shares:
        return NONE
    percent = shares[spec.revision]
    if route.manual_instances is not None and percent:
        count = _divided(route.manual_instances, shares)[spec.revision]
        return Bounds(count, count)
    maximum = spec.max_instances
    if route.max_instances:
        maximum = min(maximum, max(1, route.max_instances * percent // 100))
    minimum = max(spec.min_instances, math.ceil(route.min_instances * percent / 100))
    return Bounds(min(minimum, maximum), maximum)


def percent_by_revision(route: ServiceRoute) -> dict[str, int]:
    """Share of each revision that the route names, also by a tag alone (then 0)."""
    shares: dict[str, int] = {}
    for target in route.targets:
        shares[target.revision] = shares.get(target.revision, 0) + target.percent
    return shares


def _divided(count: int, shares: Mapping[str, int]) -> dict[str, int]:
    """Divide a count by the shares: whole parts first, the rest to the largest remainders."""
    parts = {revision: count * percent // 100 for revision, percent in shares.items()}
    by_remainder = sorted(shares, key=lambda revision: count * shares[revision] % 100, reverse=True)
    for revision in by_remainder[: count - sum(parts.values())]:
        parts[revision] += 1
    return parts
