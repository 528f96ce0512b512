"""Can people and programs do their day's work? Each step of a journey is tied to an earlier one."""

from __future__ import annotations

import pytest

from journeys.api_integrator import api_integrator_workflow
from journeys.assistant_user import assistant_user_workflow
from journeys.on_call_responder import on_call_responder_workflow
from journeys.security_analyst import security_analyst_workflow
from journeys.soc_manager import soc_manager_workflow
from journeys.tenant_administrator import tenant_administrator_workflow
from journeys.world import World

pytestmark = [pytest.mark.impact("creates-data"), pytest.mark.long]


@pytest.mark.criterion("JRN-ANALYST")
def test_security_analyst_workflow(world: World) -> None:
    """From the sign-in page to an executed decision."""
    security_analyst_workflow(world)


@pytest.mark.criterion("JRN-MANAGER")
def test_soc_manager_workflow(world: World) -> None:
    """From new rules of approval to a case that is closed and cleared."""
    soc_manager_workflow(world)


@pytest.mark.criterion("JRN-ADMIN")
def test_tenant_administrator_workflow(world: World) -> None:
    """From an invitation to an account that is closed."""
    tenant_administrator_workflow(world)


@pytest.mark.criterion("JRN-API")
def test_api_integrator_workflow(world: World) -> None:
    """From a client's secret to every event of a batch, stored once."""
    api_integrator_workflow(world)


@pytest.mark.criterion("JRN-ONCALL")
def test_on_call_responder_workflow(world: World) -> None:
    """From a quiet event to an asset that two people isolated."""
    on_call_responder_workflow(world)


@pytest.mark.criterion("JRN-ASSISTANT")
def test_assistant_user_workflow(world: World) -> None:
    """From a question to a conversation that stays private."""
    assistant_user_workflow(world)
