"""A figure of which only bounds are known is judged where both lie on the same side of the demand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.judgement.bounds import settled
from gates.judgement.comparators import holds
from gates.model.criterion import Comparator
from gates.model.target import Demand


def demands(*thresholds: float, comparator: Comparator = Comparator.LT) -> Sequence[Demand]:
    """Return demands on milliseconds."""
    return [
        Demand(criterion="C", services=("a",), comparator=comparator, threshold=threshold, unit="ms")
        for threshold in thresholds
    ]


@pytest.mark.parametrize(
    ("seen", "at_best", "judged_by"),
    [(1500, 40, 1500), (2500, 2200, 2200), (2500, 2500, 2500), (2500, 40, math.nan)],
)
def test_the_bounds_decide_only_together(seen: float, at_best: float, judged_by: float) -> None:
    """A figure is judged when both bounds lie on one side of the threshold; a failure by its better bound."""
    assert settled(seen, at_best, demands(2000), "ms") == pytest.approx(judged_by, nan_ok=True)


def test_what_is_open_for_one_demand_is_open() -> None:
    """One measurement can serve several criteria."""
    assert math.isnan(settled(2500, 40, demands(3000, 2000), "ms"))


def test_a_demand_in_another_unit_is_left_to_the_judge() -> None:
    """The judge calls that an error."""
    assert settled(2500, 40, demands(2000), "ratio") == 2500


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.sampled_from([Comparator.LT, Comparator.GE]))
def test_a_doubt_never_makes_a_bad_figure_good(one: float, other: float, comparator: Comparator) -> None:
    """Whatever the bounds: what is judged as held was held as seen."""
    is_less_better = comparator is Comparator.LT
    seen, at_best = (max(one, other), min(one, other)) if is_less_better else sorted((one, other))
    judged_by = settled(seen, at_best, demands(2000, comparator=comparator), "ms")
    if holds(judged_by, comparator, 2000):
        assert holds(seen, comparator, 2000)
