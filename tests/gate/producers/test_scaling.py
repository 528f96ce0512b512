"""Whether the number of instances was seen to rise and to fall again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.readiness.infrastructure.test_scaling import due_at, has_gone_back
from tests.support.one_producer import TARGET


@pytest.mark.parametrize(
    ("counts", "is_back"),
    [
        ([1, 2, 1], True),
        ([1, 3, 3, 2], True),
        ([1, 2, 3], False),
        ([1, 2, 2, 2], False),
        ([2, 1, 1], True),
        ([1, 1, 1], False),
        ([1, 0, 1], False),
        ([], False),
    ],
)
def test_only_a_fall_from_above_the_floor_counts(counts: list[int], *, is_back: bool) -> None:
    """Up alone, level, and below the floor are no proof."""
    assert has_gone_back([(10.0 * at, count) for at, count in enumerate(counts)], 1) is is_back


@pytest.mark.parametrize(("since", "is_back"), [(0.0, True), (25.0, False)])
def test_an_earlier_rise_is_no_proof_of_a_later_one(since: float, *, is_back: bool) -> None:
    """Only what happened from the load on counts."""
    counts = [(10.0, 2), (20.0, 1), (30.0, 2), (40.0, 2)]
    assert has_gone_back(counts, 1, since) is is_back


@pytest.mark.parametrize(("since", "calm", "wanted"), [(100.0, 400.0, 480.0), (400.0, 100.0, 480.0)])
def test_instances_have_their_time_to_go_once_we_are_quiet(since: float, calm: float, wanted: float) -> None:
    """Our own checks after the load keep instances busy: their time begins when the last of them is over."""
    target = replace(TARGET, scale_in_s=30.0, metrics_delay_s=30.0)
    assert due_at(target, since, calm) == wanted
