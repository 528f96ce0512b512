"""One way to write a length of time, in documents and in options."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gates.model.duration import duration_of


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0m", timedelta()),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("24h", timedelta(days=1)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_whole_number_and_its_unit_are_a_length_of_time(text: str, length: timedelta) -> None:
    """Seconds, minutes, hours, days."""
    assert duration_of(text) == length


@pytest.mark.parametrize(
    "text", ["", "5", "m", "1.5h", "-5m", "05m", "15min", "1h30m", " 5m", "5 m", "5M", "100000d"]
)
def test_anything_else_is_none(text: str) -> None:
    """Nothing is guessed, rounded or added up."""
    assert duration_of(text) is None


def test_the_longest_can_be_added_to_and_taken_from_any_time_of_now() -> None:
    """No calendar ends before it."""
    longest = duration_of("99999d")
    assert longest is not None
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert now - longest < now < now + longest
