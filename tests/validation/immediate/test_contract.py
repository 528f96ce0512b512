"""Does every service keep the contract that its consumers rely on: the pinned OpenAPI document?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from gates.model.identity import Identity
from gates.model.target import ServiceTarget
from journeys.checks import demand, document, expect
from journeys.session import Tokens, page_session
from tests.validation.contract_difference import differences
from tests.validation.contract_run import SEED, ContractRun, run_contract

DOCUMENTS = Path("platforms/isectech/openapi")
Run = Callable[[str], ContractRun]
SHOWN = 3
ADDITIONS_SHOWN = 2_000


@pytest.fixture(scope="session")
def contract(
    http: Callable[[str], httpx.Client], tokens: Callable[[str], Tokens], identity: Callable[[str], Identity]
) -> Run:
    """Give the run of a service's document, made once: both criteria look at the same requests."""
    left_out = json.loads((DOCUMENTS / "left-out.json").read_text(encoding="utf-8"))
    done: dict[str, ContractRun] = {}

    def find(service: str) -> ContractRun:
        if service not in done:
            pinned = json.loads((DOCUMENTS / f"{service}.json").read_text(encoding="utf-8"))
            reasons = left_out.get(service, {})
            headers = dict(tokens("fuzz").headers)
            if service == "frontend":
                headers["Cookie"] = page_session(http(service), identity("analyst-2"))
                http(service).cookies.clear()
            done[service] = run_contract(pinned, http(service), headers, frozenset(reasons))
        return done[service]

    return find


@pytest.mark.criterion("CTR-SERVED")
def test_served(
    service: ServiceTarget,
    http: Callable[[str], httpx.Client],
    record_property: Callable[[str, object], None],
) -> None:
    """The document that the service itself serves takes nothing away from the pinned one."""
    pinned = json.loads((DOCUMENTS / f"{service.name}.json").read_text(encoding="utf-8"))
    response = expect(http(service.name).get("/openapi.json"), 200, blames=service.name)
    found = differences(pinned, document(response, blames=service.name))

    record_property("additions", "; ".join(str(one) for one in found if not one.is_break)[:ADDITIONS_SHOWN])
    breaks = [str(one) for one in found if one.is_break]
    message = f"{len(breaks)} changes break existing clients: {'; '.join(breaks[:SHOWN])}"
    demand(not breaks, message, blames=service.name)


@pytest.mark.criterion("CTR-CONFORMANCE")
@pytest.mark.impact("creates-data")
def test_conformance(service: ServiceTarget, contract: Run) -> None:
    """Each operation answers valid and invalid input as the document says."""
    run = contract(service.name)

    found = [f"{operation}: {finding}" for operation, finding in run.findings.items()]
    message = f"{len(found)} operations break the contract (seed {SEED}): {'; '.join(found[:SHOWN])}"
    demand(not found, message, blames=service.name)
    demand(run.requests > 0, "no operation of the document was tried", blames=service.name)


@pytest.mark.criterion("CTR-COVERAGE")
@pytest.mark.impact("creates-data")
def test_coverage(service: ServiceTarget, contract: Run) -> None:
    """Each operation answered 2xx at least once: one that only ever refuses was not seen to work."""
    run = contract(service.name)

    uncovered = [f"{operation} {dict(run.statuses[operation])}" for operation in run.uncovered]
    message = f"{len(uncovered)} operations never answered 2xx: {'; '.join(uncovered[:SHOWN])}"
    demand(not uncovered, message, blames=service.name)
