"""Whether a run is slower than an earlier one, as far as two runs can tell."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from load.comparison import compare
from load.record import Record, Sent
from load.summary import Figure
from tests.support.load_records import busy, changed, healthy, offer

BIG = offer(rate=70.0, seconds=15.0)
LEAST_SLOWER = 1.2


def noisy(*, seed: int, slower: float = 1.0) -> Record:
    """Return a run with latencies that vary as those of real services do."""
    source = random.Random(seed)  # noqa: S311 - latencies are repeatable, not secret

    def answered(one: Sent) -> Sent:
        return replace(one, done=one.due + slower * source.lognormvariate(-3.5, 0.3))

    return changed(healthy(BIG), answered, start=0.0, end=99.0)


def verdict(figure: Figure) -> str:
    """Return what the gate makes of both bounds."""
    if figure.seen <= LEAST_SLOWER:
        return "no worse"
    return "slower" if figure.at_best > LEAST_SLOWER else "open"


def test_two_runs_of_one_release_are_never_called_slower() -> None:
    """However the requests fall."""
    found = [verdict(compare(noisy(seed=n), noisy(seed=n + 1))[0]) for n in range(0, 60, 2)]
    assert "slower" not in found
    assert found.count("no worse") >= 29


def test_a_release_that_is_half_as_slow_again_is_called_slower() -> None:
    """Or at the least it is not called as good as before."""
    found = [verdict(compare(noisy(seed=n, slower=1.7), noisy(seed=n + 1))[0]) for n in range(0, 40, 2)]
    assert set(found) == {"slower"}
    assert "no worse" not in {
        verdict(compare(noisy(seed=n, slower=1.4), noisy(seed=n + 1))[0]) for n in range(0, 40, 2)
    }


def test_what_disturbed_a_part_of_a_run_makes_no_release_slower() -> None:
    """Two fifths of it were slow, whether or not the machine shows why."""
    before = noisy(seed=1)
    slow = changed(noisy(seed=2), lambda one: replace(one, done=(one.done or 0.0) + 1.0), start=5, end=10)
    assert verdict(compare(slow, before)[0]) == "no worse"
    assert verdict(compare(busy(slow, start=5, end=10), before)[0]) == "no worse"


@pytest.mark.parametrize("which", ["now", "before"])
def test_a_machine_that_was_overloaded_all_the_time_leaves_it_open(which: str) -> None:
    """Nobody can say whether the release or the machine was slow."""
    now, before = noisy(seed=1, slower=2.0), noisy(seed=2)
    overloaded = busy(now if which == "now" else before, start=0.0, end=99.0)
    pair = (overloaded, before) if which == "now" else (now, overloaded)
    figure, doubt = compare(*pair)
    assert verdict(figure) == "open"
    assert "overloaded" in doubt


def test_an_earlier_run_on_an_overloaded_machine_never_shows_that_a_release_is_no_worse() -> None:
    """Its figures are too slow: a slower release would look good beside them."""
    earlier = busy(noisy(seed=1, slower=3.0), start=0.0, end=99.0)
    assert verdict(compare(noisy(seed=2, slower=1.5), earlier)[0]) == "open"


def test_a_machine_that_had_less_to_spare_than_before_leaves_it_open() -> None:
    """No part of the run was overloaded, and all of it may have been slower for it."""
    slow = noisy(seed=1, slower=1.7)
    busier = replace(slow, samples=tuple(replace(one, idle=0.3, contended=0.6) for one in slow.samples))
    figure, doubt = compare(busier, noisy(seed=2))
    assert verdict(figure) == "open"
    assert "busier" in doubt
