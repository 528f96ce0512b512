"""TST-01: the end-to-end tests pass on exactly this release."""

from __future__ import annotations

import pytest

from journeys.api_integrator import api_integrator_workflow
from journeys.assistant_user import assistant_user_workflow
from journeys.on_call_responder import on_call_responder_workflow
from journeys.security_analyst import security_analyst_workflow
from journeys.soc_manager import soc_manager_workflow
from journeys.tenant_administrator import tenant_administrator_workflow
from journeys.world import World

JOURNEYS = (
    security_analyst_workflow,
    soc_manager_workflow,
    tenant_administrator_workflow,
    api_integrator_workflow,
    on_call_responder_workflow,
    assistant_user_workflow,
)


@pytest.mark.criterion("TST-01")
@pytest.mark.impact("creates-data")
def test_journeys_pass(world: World) -> None:
    """Every journey of the platform, one after the other."""
    for journey in JOURNEYS:
        journey(world)
