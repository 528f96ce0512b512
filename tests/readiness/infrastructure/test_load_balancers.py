"""INF-08: what answers in a public host's name is looked at, and taken out soon when it is unwell.

A serverless backend has no health check of its own at the load balancer
(https://cloud.google.com/load-balancing/docs/negs/serverless-neg-concepts): the probes of the revision are
what keeps requests away from an instance, so they must be fast enough.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect
from journeys.client import client


def _seconds(probe: Any) -> int:
    """Return how long an instance is unwell before the probe says so."""
    return int(probe.period_seconds or 10) * int(probe.failure_threshold or 3)


@pytest.mark.criterion("INF-08")
def test_backends_have_health_checks(
    service: ServiceTarget, target: Target, application: Callable[[str], Any]
) -> None:
    """A probe takes an unwell instance out soon, and finds what is there now well."""
    name, container = service.name, application(service.name)
    probes = [p for p in (container.liveness_probe, container.readiness_probe) if p.http_get.path]
    demand(probes, "nothing looks at its instances once they serve", blames=name)
    longest_s = target.demand("INF-08").limit("longestDetectionSeconds")
    fastest = min(probes, key=_seconds)
    message = f"a dead instance is noticed after {_seconds(fastest)} s, wanted at most {longest_s:g} s"
    demand(_seconds(fastest) <= longest_s, message, blames=name)
    with client(target, name, base_url=target.public_url(name)) as door:
        expect(door.get(fastest.http_get.path), 200, blames=name)
