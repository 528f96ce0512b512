"""Did the day's performance stay within its ranges, in each part of the day?"""

from __future__ import annotations

from typing import Final

import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand
from tests.observing import PERIOD_S, CloudMetrics, Window, holds

_PARTS: Final = 24
"""A day is looked at by the hour: a slow hour disappears in a day."""


def _parts(whole: Window) -> list[Window]:
    """Cut a window into equal parts, none shorter than Monitoring's shortest period."""
    length = max(PERIOD_S, whole.seconds // _PARTS)
    starts = range(whole.start, whole.end - length + 1, length)
    return [Window(start, start + length) for start in starts]


@pytest.mark.criterion("REV-04")
def test_day_was_within_ranges(service: ServiceTarget, target: Target, metrics: CloudMetrics) -> None:
    """In no part of the window was the 95th percentile beyond the agreed response time."""
    wanted = target.demand("SLI-LATENCY")
    part = metrics.part(service.name, service.revision)
    seen = [(at, metrics.latency(part, at, 95)) for at in _parts(metrics.window(target.long_term_s))]
    known = [(at, found[0]) for at, found in seen if found is not None]
    if not known:
        pytest.skip(f"no latency of {service.revision} was measured in the window")

    slow = [f"{value:.0f} ms from {at.start} to {at.end}" for at, value in known if not holds(value, wanted)]
    message = (
        f"the 95th percentile was {'; '.join(slow)}, agreed is {wanted.comparator} {wanted.threshold:g} ms"
    )
    demand(not slow, message, blames=service.name)
