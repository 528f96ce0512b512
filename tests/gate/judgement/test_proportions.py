"""The interval of a proportion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.judgement.proportions import wilson

counts = st.integers(1, 2000).flatmap(lambda runs: st.tuples(st.integers(0, runs), st.just(runs)))


@given(counts)
def test_the_interval_holds_the_share_and_stays_a_probability(pair: tuple[int, int]) -> None:
    """0 <= low <= share <= high <= 1, with some width whenever there is doubt."""
    hits, runs = pair
    low, high = wilson(hits, runs)
    assert 0.0 <= low <= hits / runs <= high <= 1.0
    assert high > low


@given(counts)
def test_hits_and_misses_are_treated_alike(pair: tuple[int, int]) -> None:
    """The interval of the misses mirrors that of the hits."""
    hits, runs = pair
    low, high = wilson(hits, runs)
    assert wilson(runs - hits, runs) == pytest.approx((1 - high, 1 - low))


@given(st.integers(1, 500))
def test_more_runs_without_an_alarm_bound_the_rate_lower(runs: int) -> None:
    """The upper end shrinks with every clean run."""
    assert wilson(0, runs + 1)[1] < wilson(0, runs)[1]


def test_known_values() -> None:
    """Newcombe (1998), table I: 81 of 263, 0 of 20 and 1 of 29."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@pytest.mark.parametrize(("hits", "runs"), [(0, 0), (3, 2), (-1, 2)])
def test_a_share_of_nothing_is_refused(hits: int, runs: int) -> None:
    """No run has no rate."""
    with pytest.raises(ValueError, match="not a proportion"):
        wilson(hits, runs)
