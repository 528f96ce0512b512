"""Rate limits: exact in every window, told to the caller, bounded in memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit.limits import Limiter, refuse_if_exceeded
from sandbox.kit.problem import Problem
from sandbox.kit.settings import RateTiers
from tests.sandbox.kit.clocks import HandClock

TIERS = RateTiers(window_s=10.0, anonymous=2, standard=3, high=100)


@given(st.lists(st.floats(0.0, 6.0), max_size=60))
def test_no_window_holds_more_than_the_limit(gaps: list[float]) -> None:
    """Whatever the pace, any ten seconds hold at most three allowed requests."""
    clock = HandClock()
    limiter, allowed = Limiter(TIERS, clock=clock), []
    for gap in gaps:
        clock.turn(gap)
        if not limiter.take("someone", "standard").is_exceeded:
            allowed.append(clock.now)
    for start in allowed:
        assert sum(start <= at < start + TIERS.window_s for at in allowed) <= TIERS.standard


def test_waiting_as_told_is_enough() -> None:
    """After Retry-After seconds the next request is allowed, however often one tried meanwhile."""
    clock = HandClock()
    limiter = Limiter(TIERS, clock=clock)
    for _ in range(5):
        limiter.take("someone", "standard")
    quota = limiter.take("someone", "standard")
    assert quota.is_exceeded
    clock.turn(float(quota.headers()["Retry-After"]))
    assert not limiter.take("someone", "standard").is_exceeded


def test_callers_do_not_share_a_quota() -> None:
    """One caller's burst is not another caller's problem."""
    limiter = Limiter(TIERS, clock=HandClock())
    for _ in range(4):
        limiter.take("loud", "standard")
    assert limiter.take("quiet", "standard").remaining == 2


def test_an_unknown_tier_gets_the_least() -> None:
    """A tier that a token makes up buys nothing."""
    assert Limiter(TIERS, clock=HandClock()).take("someone", "platinum").limit == TIERS.anonymous


def test_an_exceeded_quota_is_a_429_with_the_fields() -> None:
    """The refusal carries limit, remaining, reset and Retry-After."""
    limiter = Limiter(TIERS, clock=HandClock())
    for _ in range(2):
        limiter.take("someone", "anonymous")
    quota = limiter.take("someone", "anonymous")
    with pytest.raises(Problem) as refused:
        refuse_if_exceeded(quota)
    assert refused.value.status == 429
    assert refused.value.headers["RateLimit-Limit"] == "2"
    assert refused.value.headers["RateLimit-Remaining"] == "0"
    assert refused.value.headers["Retry-After"] == refused.value.headers["RateLimit-Reset"] == "10"


def test_callers_that_left_are_forgotten() -> None:
    """Ten thousand addresses that were here once do not stay in memory."""
    clock = HandClock()
    limiter = Limiter(TIERS, clock=clock)
    for number in range(9_999):
        limiter.take(f"address:{number}", "anonymous")
    clock.turn(11.0)
    limiter.take("last", "anonymous")
    assert len(limiter._seen) == 1
