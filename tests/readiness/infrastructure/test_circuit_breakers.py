"""INF-03: whoever calls another service stops calling it when it fails, and nobody has stopped now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
import pytest

from gates.model.target import ServiceTarget
from journeys.checks import demand, expect, field
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


@pytest.mark.criterion("INF-03")
def test_breakers_are_closed(
    service: ServiceTarget, http: Callable[[str], httpx.Client], tokens: Callable[[str], Tokens]
) -> None:
    """A breaker stands before every service that is called, and all of them let calls through."""
    name = service.name
    response = http(name).get("/internal/circuits", headers=bearer(tokens("admin").access))
    items = field(expect(response, 200, blames=name), "items", blames=name)
    states = {str(item.get("name")): item.get("state") for item in items}
    missing = [one for one in CALLS[name] if one not in states]
    demand(not missing, f"has no circuit breaker for {', '.join(missing)}", blames=name)
    for dependency, state in states.items():
        message = f"the circuit to {dependency} is {state}"
        demand(state == "closed", message, blames=name)
