"""Do Cloud Run's own metrics of every service arrive at Cloud Monitoring?"""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from gates.model.target import ServiceTarget
from journeys.checks import demand
from tests.observing import CloudMetrics, wait_for


@pytest.mark.criterion("MON-01")
@pytest.mark.waits("asked")
def test_requests_are_counted(
    service: ServiceTarget, metrics: CloudMetrics, asked: Mapping[str, float]
) -> None:
    """A request that was sent now is counted by Monitoring within the documented delay."""
    since = asked[service.name]
    left = since + metrics.patience_s - time.time()
    part = metrics.part(service.name)

    found = wait_for(lambda: metrics.arrivals(part, "request_count", since), seconds=left)
    message = f"no request was counted within {metrics.patience_s:g} s"
    demand(found, message, blames=service.name)


@pytest.mark.criterion("MON-05")
@pytest.mark.waits("asked")
def test_latency_is_measured(
    service: ServiceTarget, metrics: CloudMetrics, asked: Mapping[str, float]
) -> None:
    """How long the answer took is measured for the very revision that gave it."""
    since = asked[service.name]
    left = since + metrics.patience_s - time.time()
    part = metrics.part(service.name, service.revision)

    found = wait_for(lambda: metrics.arrivals(part, "request_latencies", since), seconds=left)
    message = f"no latency of {service.revision} was measured within {metrics.patience_s:g} s"
    demand(found, message, blames=service.name)
