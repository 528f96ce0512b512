"""Is what was meant to be released what answers?"""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from gates.model.state import ServiceState
from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect, field
from journeys.client import client

ANSWERS = 5
"""Answers in a row, each on a connection of its own: a split of the traffic would show."""


@pytest.mark.criterion("DEP-SERVING")
@pytest.mark.together("cloud")
def test_serves_candidate(
    service: ServiceTarget, target: Target, cloud_state: Callable[[str], ServiceState]
) -> None:
    """The cloud says that the candidate is ready and has all traffic, and the service itself says so too.

    Raises:
        LookupError: the candidate shares the traffic, so what answers may be either; that is no failure.
    """
    state = cloud_state(service.name)
    demand(state.is_ready, f"not ready: {state.detail}", blames=service.name)
    shares = ", ".join(f"{revision} {percent} %" for revision, percent in state.serving) or "nothing"
    if state.is_split and service.revision in state.bearing:
        raise LookupError(f"the traffic of {service.name} is split: {shares}")
    message = f"the cloud sends traffic to {shares}, the candidate is {service.revision}"
    demand(state.sole_serving == service.revision, message, blames=service.name)
    for _ in range(ANSWERS):
        with client(target, service.name) as fresh:
            _is_candidate(fresh.get("/version"), service)


def _is_candidate(response: httpx.Response, service: ServiceTarget) -> None:
    expect(response, 200, blames=service.name)
    revision = field(response, "revision", blames=service.name)
    digest = field(response, "digest", blames=service.name)
    seen, wanted = f"{revision} ({digest})", f"{service.revision} ({service.digest})"
    demand(seen == wanted, f"{seen} answers, the candidate is {wanted}", blames=service.name)
