"""Fixtures of the contract runs: each service is tried once for all criteria that look at it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gates.model.contract import AcceptedFinding
from gates.model.identity import Identity
from gates.model.target import Target
from journeys.session import Tokens, page_session
from tests.documents import openapi_folder
from tests.validation.contract_findings import Tier
from tests.validation.contract_plan import ContractRun, Plan
from tests.validation.contract_verdict import Reading, conclude

Read = Callable[..., Reading]
"""`reading(service, plan, chains=False)`: see the fixture."""
Conclude = Callable[..., None]
"""`conclude_about(service, plan, *tiers, chains=False)`: see the fixture."""
_FRONTEND = "frontend"
_CACHE = pytest.StashKey[dict[tuple[str, Plan, bool], ContractRun]]()


def pinned(service: str) -> dict[str, Any]:
    """Return the document that the clients of a service rely on."""
    found: dict[str, Any] = json.loads((openapi_folder() / f"{service}.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def credentials(
    http: Callable[[str], httpx.Client], tokens: Callable[[str], Tokens], identity: Callable[[str], Identity]
) -> Callable[[str], dict[str, str]]:
    """Give the headers with which a service takes generated requests."""

    def find(service: str) -> dict[str, str]:
        headers = dict(tokens("fuzz").headers)
        if service == _FRONTEND:
            headers["Cookie"] = page_session(http(service), identity("analyst-2"))
            http(service).cookies.clear()
        return headers

    return find


@pytest.fixture(scope="session")
def reading(
    pytestconfig: pytest.Config,
    http: Callable[[str], httpx.Client],
    credentials: Callable[[str], dict[str, str]],
    accepted_findings: tuple[AcceptedFinding, ...],
) -> Read:
    """Give the run of a service's document by a plan, made once; `chains=True` follows its links instead."""
    left_out = json.loads((openapi_folder() / "left-out.json").read_text(encoding="utf-8"))
    done = pytestconfig.stash.setdefault(_CACHE, {})

    def find(service: str, plan: Plan, *, chains: bool = False) -> Reading:
        key = (service, plan, chains)
        if key not in done:
            names = frozenset(left_out.get(service, {}))
            done[key] = _runner(chains=chains)(
                pinned(service), http(service), credentials(service), names, plan
            )
        return Reading(service=service, run=done[key], accepted=accepted_findings, now=datetime.now(UTC))

    return find


def _runner(*, chains: bool) -> Callable[..., ContractRun]:
    """Return what makes a run; Schemathesis takes a second to import, and only contracts need it."""
    from tests.validation.contract_chains import run_chains  # noqa: PLC0415
    from tests.validation.contract_run import run_contract  # noqa: PLC0415

    return run_chains if chains else run_contract


@pytest.fixture
def conclude_about(
    request: pytest.FixtureRequest, target: Target, seed: int, reading: Read, measure: Callable[..., None]
) -> Conclude:
    """Give the end of every contract check: how many cases, what was found, and how to find it again."""
    replay = f".venv/bin/pytest '{request.node.nodeid}' --env {target.environment} --gate-seed {seed}"

    def judge(service: str, plan: Plan, *tiers: Tier, chains: bool = False) -> None:
        seen = reading(service, plan, chains=chains)
        measure(float(len(seen.findings(*tiers))), unit="failed checks", samples=seen.run.requests)
        notes = [f"seed {plan.seed}", *seen.notes()]
        request.node.user_properties += [("note", note) for note in notes]
        conclude(seen, tiers, replay=replay)

    return judge
