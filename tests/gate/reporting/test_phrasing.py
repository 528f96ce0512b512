"""Figures are written as a person writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gates.model.criterion import Comparator
from gates.model.wording import figure, number, quantity
from gates.reporting.phrasing import demand, duration
from tests.support.builders import criterion


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-3.0, "-3"),
        (412.5, "412.5"),
        (0.00123456, "0.001235"),
        (0.0000000123, "1.23e-08"),
        (1234567.0, "1,234,567"),
        (12345.678, "12,346"),
        (9999.96, "9,999.96"),
        (0.99996, "0.99996"),
        (48.000000000000043, "48"),
        (1e300, "1.000e+300"),
        (float("inf"), "inf"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    """Few digits, thousands grouped, and never rounded up to a whole that it is not."""
    assert number(value) == text


@pytest.mark.parametrize(
    ("comparator", "threshold", "unit", "text"),
    [
        (Comparator.EQ, 0.0, "failed checks", "0 failed checks"),
        (Comparator.LT, 300.0, "ms", "< 300 ms"),
        (Comparator.LE, 900.0, "s", "≤ 900 s"),
        (Comparator.GT, 99.9, "%", "> 99.9 %"),
        (Comparator.GE, 3.0, "samples", "≥ 3 samples"),
        (Comparator.WITHIN, 0.1, "req/s", "within 10 % of the baseline"),
    ],
)
def test_demands(comparator: Comparator, threshold: float, unit: str, text: str) -> None:
    """Each comparator has its words."""
    assert demand(criterion(comparator=comparator, threshold=threshold, unit=unit)) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (None, "no limit"),
        (timedelta(minutes=15), "15 min"),
        (timedelta(hours=24), "1 d"),
        (timedelta(seconds=90), "90 s"),
        (timedelta(0), "0 s"),
    ],
)
def test_durations(time: timedelta | None, text: str) -> None:
    """The largest whole unit is used."""
    assert duration(time) == text


def test_quantities() -> None:
    """One check is not one checks, and nothing measured is said so."""
    assert quantity(1, "failed checks") == "1 failed check"
    assert quantity(2, "failed checks") == "2 failed checks"
    assert figure(None) == "nothing"
