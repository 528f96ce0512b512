"""Figures as a person writes them: one wording for judgements, decisions, notices and reports."""

from __future__ import annotations

import math

from gates.model.criterion import FAILED_CHECKS, Comparator, Criterion
from gates.model.evidence import Measurement

RATIO = "ratio"
_SIGNS = {
    Comparator.EQ: "",
    Comparator.LT: "< ",
    Comparator.LE: "≤ ",
    Comparator.GT: "> ",
    Comparator.GE: "≥ ",
}
_PERCENT = 100.0
_GROUPED = 10_000
_EXPONENT = 1e15
_ROUND = 12
"""Digits that calculations with floating-point numbers leave right."""


def observed(measured: Measurement, samples: int, criterion: Criterion) -> str:
    """Return what was measured, over how much, against what was demanded, as one sentence."""
    over = counted(samples, criterion.sample)
    seen = f"{figure(measured)} over {over}"
    if criterion.comparator is Comparator.WITHIN:
        seen = f"{_signed(measured)} from the baseline over {over}"
    return f"measured {seen}, demanded {demanded(criterion)}"


def demanded(criterion: Criterion) -> str:
    """Return the threshold: `< 300 ms`, `≥ 90 %`, `no failed check`, `within 20 % of the baseline`."""
    if criterion.unit == FAILED_CHECKS and criterion.comparator is Comparator.EQ and not criterion.threshold:
        return "no failed check"
    if criterion.comparator is Comparator.WITHIN:
        return f"within {percentage(criterion.threshold)} of the baseline"
    threshold = Measurement(value=criterion.threshold, unit=criterion.unit)
    return f"{_SIGNS[criterion.comparator]}{figure(threshold)}"


def figure(measured: Measurement | None) -> str:
    """Return a measured value with its unit, a ratio per cent; `nothing` for None."""
    if measured is None:
        return "nothing"
    if measured.unit == RATIO:
        return percentage(measured.value)
    return quantity(measured.value, measured.unit)


def percentage(ratio: float) -> str:
    """Return a ratio per cent."""
    return f"{number(round(ratio * _PERCENT, _ROUND))} %"


def _signed(measured: Measurement) -> str:
    sign = "+" if measured.value > 0 else ""
    return f"{sign}{figure(measured)}"


def counted(amount: int, noun: str, plural: str = "") -> str:
    """Return an amount, thousands grouped, with its noun in the right number."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit; one failed check is no failed checks."""
    if value == 1 and unit.endswith("checks"):
        unit = unit.removesuffix("s")
    return f"{number(value)} {unit}".rstrip()


def number(value: float) -> str:
    """Return a number as a person writes it: four significant digits, thousands grouped.

    More digits are shown where four would round it to a whole number: 99.996 must not look like 100. What a
    sum of floating-point numbers adds beyond twelve digits is left out.
    """
    if not math.isfinite(value) or abs(value) >= _EXPONENT:
        return f"{value:.3e}"
    value = float(f"{value:.{_ROUND}g}")
    if value.is_integer() or abs(value) >= _GROUPED:
        return f"{value:,.0f}"
    forms = (f"{value:,.{digits}g}" for digits in (4, 6, 9, _ROUND))
    return next(form for form in forms if not float(form.replace(",", "")).is_integer())
