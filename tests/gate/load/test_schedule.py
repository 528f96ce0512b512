"""When requests are due."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from load.profiles import PROFILES, Kind
from load.schedule import arrivals


@given(rate=st.floats(1, 500), warm_up=st.floats(0, 5), seconds=st.floats(1, 30), seed=st.integers())
def test_a_schedule_offers_exactly_its_rate(rate: float, warm_up: float, seconds: float, seed: int) -> None:
    """Sorted, within its time, the paths equally often."""
    schedule = arrivals(rate=rate, warm_up=warm_up, seconds=seconds, paths=4, seed=seed)
    dues = [one.due for one in schedule]
    measured = [one for one in schedule if one.due >= warm_up]
    assert dues == sorted(dues)
    assert all(0 <= due <= warm_up + seconds for due in dues)
    assert abs(len(measured) - rate * seconds) <= 2
    counts = Counter(one.path for one in schedule)
    assert max(counts.values()) - min(counts.values()) <= 2 or len(schedule) < 4


def test_a_schedule_is_the_same_for_the_same_seed_and_uneven_as_users_are() -> None:
    """Gaps vary as those of independent users do."""
    first, again, other = (arrivals(rate=50, warm_up=0, seconds=10, paths=4, seed=seed) for seed in (1, 1, 2))
    gaps = [after.due - before.due for before, after in pairwise(first)]
    assert first == again != other
    assert max(gaps) > 3 / 50
    assert min(gaps) < 0.3 / 50


def test_every_profile_sends_what_its_criteria_need_at_any_rate() -> None:
    """A low rate takes longer; smoke and expected send the expected rate."""
    for expected in (10.0, 70.0, 1000.0):
        for profile in PROFILES.values():
            offer = profile.offer(expected)
            assert offer.seconds >= profile.seconds
            assert offer.requests >= profile.requests
    assert PROFILES["smoke"].kind is PROFILES["expected"].kind is Kind.ARRIVALS
    assert PROFILES["smoke"].offer(70.0).rate == PROFILES["expected"].offer(70.0).rate == 70.0
