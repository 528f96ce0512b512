"""Judges a figure of which only bounds are known: the measured value, and the best possible one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gates.judgement.comparators import holds
from gates.model.target import Demand


def settled(seen: float, at_best: float, demands: Sequence[Demand], unit: str) -> float:
    """Return the figure that every demand can be judged by, NaN when the bounds lie on both sides of one.

    A demand that holds for what was seen is met. One that does not hold even at best is not, and what is at
    best says by how much.
    """
    compared = [demand for demand in demands if demand.unit == unit]
    if all(holds(seen, demand.comparator, demand.threshold) for demand in compared):
        return seen
    for demand in compared:
        is_held = holds(seen, demand.comparator, demand.threshold)
        if holds(at_best, demand.comparator, demand.threshold) is not is_held:
            return math.nan
    return at_best
