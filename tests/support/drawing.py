"""How Hypothesis draws in our own tests: the same examples each time, and no limit on how long one takes."""

from __future__ import annotations

from functools import cache

from hypothesis import HealthCheck, settings

WHOLE, QUICK = "whole", "quick"
_SHARE = 4
"""The quick profile draws one of so many examples."""


@cache
def register() -> None:
    """Make the profiles known; `--hypothesis-profile quick` chooses the other one."""
    slow = (HealthCheck.too_slow,)
    settings.register_profile(
        WHOLE, deadline=None, database=None, derandomize=True, suppress_health_check=slow
    )
    settings.register_profile(QUICK, settings.get_profile(WHOLE), max_examples=100 // _SHARE)
    settings.load_profile(WHOLE)


def examples(number: int) -> int:
    """Return how many examples the profile in force draws where the whole one draws `number`."""
    return number if settings.get_current_profile_name() == WHOLE else -(-number // _SHARE)
