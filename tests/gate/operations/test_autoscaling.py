"""Better bounds follow from what was needed; without data nothing is recommended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.model.configuration import Scaling
from gates.model.platform import ScalingPolicy
from gates.operations.autoscaling import ScalingReport
from tests.support.fake_operations import settings

POLICY = ScalingPolicy(warm_tiers=("critical", "important"))


@pytest.mark.parametrize(
    ("minimum", "peak", "tier", "wanted", "why"),
    [
        (1, 2.0, "critical", (1, 0), ""),
        (1, None, "standard", (1, 0), ""),
        (0, None, "standard", (0, 0), ""),
        (0, None, "critical", (1, 0), "makes users wait"),
        (1, 4.0, "standard", (1, 6), "no headroom"),
        (4, 2.0, "critical", (2, 0), "2 were needed at most"),
        (0, 1.0, "important", (1, 0), "makes users wait"),
    ],
)
def test_bounds_follow_from_what_was_needed(
    minimum: int, peak: float | None, tier: str, wanted: tuple[int, int], why: str
) -> None:
    """A revision's maximum of four instances holds where the service sets none."""
    service = replace(settings("a"), scaling=Scaling(minimum=minimum, maximum=0))
    report = ScalingReport(settings=service, peak=peak, tier=tier, policy=POLICY)
    assert (report.recommended.minimum, report.recommended.maximum) == wanted
    assert why in " ".join(report.reasons)
    assert bool(report.reasons) is bool(why)


@pytest.mark.parametrize(
    ("policy", "peak", "most"),
    [
        (ScalingPolicy(headroom=3.0), 4.0, 12),
        (ScalingPolicy(crowded_from=0.5), 2.0, 3),
        (ScalingPolicy(crowded_from=1.0), 3.9, 0),
    ],
)
def test_the_policy_says_when_a_maximum_is_raised_and_how_far(
    policy: ScalingPolicy, peak: float, most: int
) -> None:
    """The service may have four instances; 0 leaves that as it is."""
    report = ScalingReport(settings=settings("a"), peak=peak, tier="standard", policy=policy)
    assert report.recommended.maximum == most
