"""Does every service keep the contract that its consumers rely on: the pinned OpenAPI document?"""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from gates.model.target import ServiceTarget
from journeys.checks import demand, document, expect
from tests.validation.contract_difference import differences
from tests.validation.contract_findings import Tier
from tests.validation.contract_plan import Plan
from tests.validation.contract_session import Conclude, Read, conclude_about, credentials, pinned, reading

__all__ = ["conclude_about", "credentials", "reading"]

EXAMPLES = 3
SECONDS = 10.0
SHOWN = 3
NOTED = 300


@pytest.fixture(scope="session")
def plan(seed: int, patience: float) -> Plan:
    """Give a short look: the document's own examples and a few generated requests."""
    return Plan(seed=seed, examples=EXAMPLES, seconds=SECONDS * patience)


@pytest.mark.criterion("CTR-SERVED")
def test_served(
    service: ServiceTarget,
    http: Callable[[str], httpx.Client],
    record_property: Callable[[str, object], None],
) -> None:
    """The document that the service itself serves takes nothing away from the pinned one."""
    response = expect(http(service.name).get("/openapi.json"), 200, blames=service.name)
    found = differences(pinned(service.name), document(response, blames=service.name))

    breaks = [str(one) for one in found if one.is_break]
    message = f"{len(breaks)} changes break existing clients: {'; '.join(breaks[:SHOWN])}"
    demand(not breaks, message, blames=service.name)
    if found:
        record_property("note", f"{len(found)} additions: {'; '.join(str(one) for one in found)}"[:NOTED])


@pytest.mark.criterion("CTR-CONFORMANCE")
@pytest.mark.impact("creates-data")
@pytest.mark.long
@pytest.mark.together("contract of {service}")
def test_conformance(service: ServiceTarget, conclude_about: Conclude, plan: Plan) -> None:
    """No operation fails, or answers with another document than its own."""
    conclude_about(service.name, plan, Tier.BLOCKER)


@pytest.mark.criterion("CTR-CRITICAL")
@pytest.mark.impact("creates-data")
@pytest.mark.together("contract of {service}")
def test_critical(service: ServiceTarget, conclude_about: Conclude, plan: Plan) -> None:
    """Statuses, content types and headers are those that the document names."""
    conclude_about(service.name, plan, Tier.CRITICAL)


@pytest.mark.criterion("CTR-ADVISORY")
@pytest.mark.impact("creates-data")
@pytest.mark.together("contract of {service}")
def test_advisory(service: ServiceTarget, conclude_about: Conclude, plan: Plan) -> None:
    """Invalid input is refused, and refused well."""
    conclude_about(service.name, plan, Tier.ADVISORY)


@pytest.mark.criterion("CTR-COVERAGE")
@pytest.mark.impact("creates-data")
@pytest.mark.together("contract of {service}")
def test_coverage(
    service: ServiceTarget, reading: Read, plan: Plan, record_property: Callable[[str, object], None]
) -> None:
    """Each operation answered 2xx at least once: one that only ever refuses was not seen to work."""
    run = reading(service.name, plan).run

    if run.created:
        record_property("note", f"{run.created} requests created records, which stay in the tenant of fuzz")
    uncovered = [f"{operation} {dict(run.statuses[operation])}" for operation in run.uncovered]
    message = f"{len(uncovered)} operations never answered 2xx: {'; '.join(uncovered[:SHOWN])}"
    demand(not uncovered, message, blames=service.name)
