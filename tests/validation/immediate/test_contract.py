"""Does every service keep the contract that its consumers rely on: the pinned OpenAPI document?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from gates.model.identity import Identity
from gates.model.target import ServiceTarget
from journeys.checks import demand
from journeys.session import Tokens, page_session
from tests.validation.contract_run import SEED, ContractRun, run_contract

DOCUMENTS = Path("platforms/isectech/openapi")
Run = Callable[[str], ContractRun]
SHOWN = 3


@pytest.fixture(scope="session")
def contract(
    http: Callable[[str], httpx.Client], tokens: Callable[[str], Tokens], identity: Callable[[str], Identity]
) -> Run:
    """Give the run of a service's document, made once: both criteria look at the same requests."""
    left_out = json.loads((DOCUMENTS / "left-out.json").read_text(encoding="utf-8"))
    done: dict[str, ContractRun] = {}

    def find(service: str) -> ContractRun:
        if service not in done:
            document = json.loads((DOCUMENTS / f"{service}.json").read_text(encoding="utf-8"))
            reasons = left_out.get(service, {})
            headers = dict(tokens("fuzz").headers)
            if service == "frontend":
                headers["Cookie"] = page_session(http(service), identity("analyst-2"))
                http(service).cookies.clear()
            done[service] = run_contract(document, http(service), headers, frozenset(reasons))
        return done[service]

    return find


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
