"""The words and figures that all reports share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gates.model.criterion import Comparator, Criterion
from gates.model.judgement import Waiver
from gates.model.wording import number, percentage, quantity

_SYMBOLS = {
    Comparator.EQ: "",
    Comparator.LT: "< ",
    Comparator.LE: "≤ ",
    Comparator.GT: "> ",
    Comparator.GE: "≥ ",
}


def demand(criterion: Criterion) -> str:
    """Return the threshold in the criterion's unit: `< 300 ms`, `≥ 0.9 ratio`, `0 failed checks`."""
    if criterion.comparator is Comparator.WITHIN:
        return f"within {percentage(criterion.threshold)} of the baseline"
    return f"{_SYMBOLS[criterion.comparator]}{quantity(criterion.threshold, criterion.unit)}"


def duration(time: timedelta | None) -> str:
    """Return a time span in its largest whole unit: `15 min`, `4 h`, `90 s`; `no limit` for None."""
    if time is None:
        return "no limit"
    seconds = time.total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{number(seconds / size)} {unit}"
    return f"{number(seconds)} s"


def ago(time: timedelta) -> str:
    """Return how long ago something was, in its largest unit: `2 h ago`, `less than a minute ago`."""
    seconds = time.total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "less than a minute ago"


def moment(time: datetime) -> str:
    """Return a time to the minute, in UTC: `2026-03-01 09:30 UTC`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def waived_by(waiver: Waiver) -> str:
    """Return who waived, in which role, and until when."""
    return f"by {waiver.approved_by} ({waiver.role}) until {moment(waiver.expires_at)}"


def count(amount: int, noun: str, plural: str = "") -> str:
    """Return an amount with its noun in the right number."""
    return f"{amount} {noun if amount == 1 else plural or noun + 's'}"
