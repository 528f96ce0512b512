"""One number against one threshold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.judgement.comparators import holds, margin, priority
from gates.model.criterion import Bands, Comparator, Priority
from tests.support.builders import criterion

NUMBERS = st.floats(min_value=-1e6, max_value=1e6)


@pytest.mark.parametrize(
    ("comparator", "below", "equal", "above"),
    [
        (Comparator.EQ, False, True, False),
        (Comparator.LT, True, False, False),
        (Comparator.LE, True, True, False),
        (Comparator.GT, False, False, True),
        (Comparator.GE, False, True, True),
        (Comparator.WITHIN, True, True, False),
    ],
)
def test_each_comparator_at_its_edge(
    comparator: Comparator, below: object, equal: object, above: object
) -> None:
    """Just below, at, and just above the threshold."""
    found = [holds(value, comparator, 5.0) for value in (4.999, 5.0, 5.001)]

    assert found == [below, equal, above]


def test_within_looks_at_both_sides() -> None:
    """A deviation has no good direction."""
    assert holds(-5.0, Comparator.WITHIN, 5.0)
    assert not holds(-5.001, Comparator.WITHIN, 5.0)


@given(comparator=st.sampled_from(Comparator), value=NUMBERS, threshold=NUMBERS)
def test_the_margin_has_the_sign_of_the_outcome(
    comparator: Comparator, value: float, threshold: float
) -> None:
    """What holds is never on the bad side, what fails never on the good one."""
    distance = margin(value, comparator, threshold)

    assert distance >= 0 if holds(value, comparator, threshold) else distance <= 0


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0.002, Priority.P2),
        (0.005, Priority.P1),
        (0.009, Priority.P1),
        (0.01, Priority.P0),
        (1.0, Priority.P0),
    ],
)
def test_the_band_names_the_priority(value: float, wanted: Priority) -> None:
    """Beyond the target P2, from the alert on P1, from the critical one on P0."""
    demand = criterion(
        comparator=Comparator.LT, threshold=0.001, unit="ratio", bands=Bands(alert=0.005, critical=0.01)
    )

    assert priority(value, demand) is wanted


def test_without_bands_the_priority_is_that_of_the_criterion() -> None:
    """However bad it is."""
    assert priority(1e9, criterion(priority=Priority.P3)) is Priority.P3
