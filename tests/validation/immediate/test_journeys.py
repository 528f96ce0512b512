"""Can a person do the day's work?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gates.model.target import Target
from journeys.client import client
from journeys.security_analyst import World, security_analyst_workflow
from journeys.session import Tokens


@pytest.mark.criterion("JRN-ANALYST")
@pytest.mark.impact("creates-data")
def test_security_analyst_workflow(target: Target, tokens: Callable[[str], Tokens]) -> None:
    """From the sign-in page to an executed decision, each step tied to an earlier one."""
    doors = {
        name: client(target, name, base_url=target.public_url(name)) for name in ("api-gateway", "frontend")
    }
    with doors["api-gateway"] as gateway, doors["frontend"] as frontend:
        world = World(
            gateway=gateway,
            frontend=frontend,
            analyst=tokens("analyst"),
            responder=tokens("responder"),
            manager=tokens("manager"),
        )
        security_analyst_workflow(world)
