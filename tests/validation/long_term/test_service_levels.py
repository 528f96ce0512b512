"""Was every service within its levels, the whole day long?"""

from __future__ import annotations

import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand
from tests.observing import CloudMetrics, holds


@pytest.mark.criterion("REV-01")
def test_day_was_within_levels(service: ServiceTarget, target: Target, metrics: CloudMetrics) -> None:
    """The service ran through the whole window, and kept its availability, error ratio and latency in it."""
    window = metrics.window(target.long_term_s)
    part, minutes = metrics.part(service.name, service.revision), window.seconds // 60
    seen = metrics.minutes(part, window)
    if seen < target.demand("SLI-AVAIL").limit("leastShareOfMinutesSeen") * minutes:
        pytest.skip(f"{service.revision} was seen in {seen} of the last {minutes} minutes that are visible")
    counted = metrics.requests(part, window)
    failed, all_of_them = counted["5xx"], sum(counted[name] for name in ("1xx", "2xx", "3xx", "5xx"))
    latency = metrics.latency(part, window, 95)
    if not all_of_them or latency is None:
        pytest.skip(f"no request reached {service.revision} in the window")

    values = {
        "SLI-AVAIL": 1 - failed / all_of_them,
        "SLI-ERRORS": failed / all_of_them,
        "SLI-LATENCY": latency[0],
    }
    missed = [
        f"{name} was {value:.6g}, agreed is {wanted.comparator} {wanted.threshold:g}"
        for name, value in values.items()
        if not holds(value, wanted := target.demand(name))
    ]
    demand(not missed, "; ".join(missed), blames=service.name)
