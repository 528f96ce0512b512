"""The words and figures that all reports share."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from gates.model.criterion import Comparator, Criterion
from gates.model.evidence import Measurement
from gates.model.judgement import Waiver

_SYMBOLS = {
    Comparator.EQ: "",
    Comparator.LT: "< ",
    Comparator.LE: "≤ ",
    Comparator.GT: "> ",
    Comparator.GE: "≥ ",
}
_PERCENT = 100.0
_GROUPED = 10_000
_EXPONENT = 1e15


def demand(criterion: Criterion) -> str:
    """Return the threshold in words: `< 300 ms`, `0 failed checks`, `within 10 % of the baseline`."""
    if criterion.comparator is Comparator.WITHIN:
        return f"within {number(criterion.threshold * _PERCENT)} % of the baseline"
    return f"{_SYMBOLS[criterion.comparator]}{quantity(criterion.threshold, criterion.unit)}"


def measured(measurement: Measurement | None) -> str:
    """Return a measured value with its unit, or `nothing`."""
    return "nothing" if measurement is None else quantity(measurement.value, measurement.unit)


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit; one failed check is no failed checks."""
    if value == 1 and unit.endswith("checks"):
        unit = unit.removesuffix("s")
    return f"{number(value)} {unit}".rstrip()


def number(value: float) -> str:
    """Return a number as a person writes it: four significant digits, thousands grouped.

    More digits are shown where four would round it to a whole number: 99.996 must not look like 100.
    """
    if not math.isfinite(value) or abs(value) >= _EXPONENT:
        return f"{value:.3e}"
    value = float(value)  # an int is a float to the type checker, yet has no is_integer in 3.11
    if value.is_integer() or abs(value) >= _GROUPED:
        return f"{value:,.0f}"
    forms = (f"{value:,.{digits}g}" for digits in (4, 6, 9, 17))
    return next(form for form in forms if not float(form.replace(",", "")).is_integer())


def duration(time: timedelta | None) -> str:
    """Return a time span in its largest whole unit: `15 min`, `4 h`, `90 s`; `no limit` for None."""
    if time is None:
        return "no limit"
    seconds = time.total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds)} s"


def moment(time: datetime) -> str:
    """Return a time to the minute, in UTC: `2026-03-01 09:30 UTC`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def waived_by(waiver: Waiver) -> str:
    """Return who waived, in which role, and until when."""
    return f"by {waiver.approved_by} ({waiver.role}) until {moment(waiver.expires_at)}"


def count(amount: int, noun: str) -> str:
    """Return an amount with its noun in the right number."""
    return f"{amount} {noun if amount == 1 else noun + 's'}"
