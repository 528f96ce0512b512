"""All journeys that speak to the platform's API, and who takes which part in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from journeys.api_integrator import api_integrator_workflow
from journeys.assistant_user import assistant_user_workflow
from journeys.on_call_responder import on_call_responder_workflow
from journeys.security_analyst import security_analyst_workflow
from journeys.soc_manager import soc_manager_workflow
from journeys.tenant_administrator import tenant_administrator_workflow
from journeys.world import World

CAST: Mapping[str, str] = {
    "analyst": "synthetic-analyst",
    "responder": "synthetic-responder",
    "second": "synthetic-responder-2",
    "manager": "synthetic-manager",
    "admin": "synthetic-admin",
    "stranger": "synthetic-stranger",
    "integrator": "integrator",
}
"""Part → identity of the environment. Nobody else signs in as these: one-time codes are good once."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One way through the platform, as a plain function over a world."""

    name: str
    take: Callable[[World], None]


JOURNEYS: Mapping[str, Journey] = {
    take.__name__: Journey(take.__name__, take)
    for take in (
        security_analyst_workflow,
        soc_manager_workflow,
        tenant_administrator_workflow,
        api_integrator_workflow,
        on_call_responder_workflow,
        assistant_user_workflow,
    )
}
