"""INF-03: whoever calls another service stops calling it when it fails, and nobody has stopped now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect, field
from journeys.reads import PROTECTED
from journeys.session import Tokens, bearer

_AUTH = "auth-service"
_BEHIND_THE_GATEWAY = (
    *(_AUTH, "asset-discovery", "event-processor", "threat-detection"),
    *("behavioral-analysis", "decision-engine", "nlp-assistant"),
)
CALLS: Mapping[str, tuple[str, ...]] = {
    "frontend": ("api-gateway", _AUTH),
    "api-gateway": _BEHIND_THE_GATEWAY,
    "auth-service": (),
    "asset-discovery": (_AUTH,),
    "event-processor": (_AUTH,),
    "threat-detection": (_AUTH, "event-processor"),
    "behavioral-analysis": (_AUTH, "event-processor"),
    "decision-engine": (_AUTH, "threat-detection", "behavioral-analysis"),
    "nlp-assistant": (_AUTH, "event-processor", "threat-detection", "decision-engine"),
}
"""Whom each service cannot do without: it must have a breaker for each of them."""
GATEWAY = "api-gateway"


@pytest.fixture
def circuits(
    http: Callable[[str], httpx.Client], tokens: Callable[[str], Tokens]
) -> Callable[[str], Sequence[Mapping[str, Any]]]:
    """Give what a service says of its circuit breakers."""

    def read(name: str) -> Sequence[Mapping[str, Any]]:
        response = http(name).get("/internal/circuits", headers=bearer(tokens("admin").access))
        items: Sequence[Mapping[str, Any]] = field(expect(response, 200, blames=name), "items", blames=name)
        return items

    return read


@pytest.mark.criterion("INF-03")
def test_breakers_are_closed(
    service: ServiceTarget, circuits: Callable[[str], Sequence[Mapping[str, Any]]]
) -> None:
    """A breaker stands before every service that is called, and all of them let calls through."""
    name = service.name
    states = {str(item.get("name")): item.get("state") for item in circuits(name)}
    missing = [one for one in CALLS[name] if one not in states]
    demand(not missing, f"has no circuit breaker for {', '.join(missing)}", blames=name)
    for dependency, state in states.items():
        message = f"the circuit to {dependency} is {state}"
        demand(state == "closed", message, blames=name)


@pytest.mark.criterion("INF-03")
def test_failures_open_a_breaker(
    service: ServiceTarget,
    target: Target,
    http: Callable[[str], httpx.Client],
    tokens: Callable[[str], Tokens],
    circuits: Callable[[str], Sequence[Mapping[str, Any]]],
) -> None:
    """Whatever failed again and again is not called any longer; the gateway is made to call everybody."""
    most = int(target.demand("INF-03").limit("failuresInARow"))
    name, headers = service.name, bearer(tokens("admin").access)
    if name == GATEWAY:
        for path in (f"/api/v1/{one}{PROTECTED[one]}" for one in _BEHIND_THE_GATEWAY):
            for _ in range(most):
                http(name).get(path, headers=headers)
    for item in circuits(name):
        failed = int(item.get("consecutiveFailures", 0))
        is_breaking = failed < most or item.get("state") != "closed"
        demand(
            is_breaking,
            f"{failed} calls of {item.get('name')} in a row failed: no circuit opened",
            blames=name,
        )
