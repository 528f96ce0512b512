"""The pinned OpenAPI documents in depth: boundary values, wrong credentials, many requests, linked ones."""

from __future__ import annotations

import pytest

from gates.model.target import ServiceTarget
from tests.validation.contract_findings import Tier
from tests.validation.contract_plan import Plan
from tests.validation.contract_session import Conclude, conclude_about, credentials, reading

__all__ = ["conclude_about", "credentials", "reading"]

EXAMPLES = 20
CHAINS = 20
SECONDS = 30.0


@pytest.fixture(scope="session")
def plan(seed: int, patience: float) -> Plan:
    """Give a long look."""
    return Plan(seed=seed, examples=EXAMPLES, seconds=SECONDS * patience, is_deep=True, chains=CHAINS)


@pytest.mark.criterion("CTR-FUZZ")
@pytest.mark.impact("creates-data")
@pytest.mark.long
@pytest.mark.together("contract in depth of {service}")
def test_blocker(service: ServiceTarget, conclude_about: Conclude, plan: Plan) -> None:
    """No input makes an operation fail or answer another document, and no stranger is let in."""
    conclude_about(service.name, plan, Tier.BLOCKER)


@pytest.mark.criterion("CTR-FUZZ-CRITICAL")
@pytest.mark.impact("creates-data")
@pytest.mark.together("contract in depth of {service}")
def test_critical(service: ServiceTarget, conclude_about: Conclude, plan: Plan) -> None:
    """Whatever is sent, statuses, content types and headers are those that the document names."""
    conclude_about(service.name, plan, Tier.CRITICAL)


@pytest.mark.criterion("CTR-FUZZ-ADVISORY")
@pytest.mark.impact("creates-data")
@pytest.mark.together("contract in depth of {service}")
def test_advisory(service: ServiceTarget, conclude_about: Conclude, plan: Plan) -> None:
    """Boundary values and undeclared methods are refused as the document says."""
    conclude_about(service.name, plan, Tier.ADVISORY)


@pytest.mark.criterion("CTR-LINKS")
@pytest.mark.impact("creates-data")
@pytest.mark.together("contract in depth of {service}")
def test_links(service: ServiceTarget, conclude_about: Conclude, plan: Plan) -> None:
    """What one operation made, the linked ones find; what was deleted stays gone."""
    conclude_about(service.name, plan, Tier.BLOCKER, Tier.CRITICAL, chains=True)
