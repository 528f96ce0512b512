"""INF-01: each service is there, and what is ready and answers is the revision under test."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from gates.model.state import ServiceState
from gates.model.target import ServiceTarget
from journeys.checks import demand, expect, field


@pytest.mark.criterion("INF-01")
def test_candidate_is_ready(
    service: ServiceTarget,
    cloud_state: Callable[[str], ServiceState],
    http: Callable[[str], httpx.Client],
) -> None:
    """The newest revision is ready, is the candidate, and is the one that answers."""
    state, name = cloud_state(service.name), service.name
    demand(state.is_ready, f"is not ready: {state.detail}", blames=name)
    is_newest = state.latest_created == state.latest_ready
    demand(is_newest, f"its newest revision {state.latest_created} did not become ready", blames=name)
    wrong = f"{state.latest_ready} is ready, and {service.revision} is the candidate"
    demand(state.latest_ready == service.revision, wrong, blames=name)
    answers = field(expect(http(name).get("/version"), 200, blames=name), "revision", blames=name)
    demand(answers == service.revision, f"{answers} answers instead of {service.revision}", blames=name)
