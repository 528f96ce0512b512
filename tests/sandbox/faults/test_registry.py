"""The known-bad revisions are real: each is a legal image, and what it does wrong shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from gates.adapters.documents.documents import load_catalogue, load_platform
from sandbox.faults.fault import Fault
from sandbox.faults.registry import FAULTS, find
from sandbox.faults.response_faults import answering, on, rewritten
from sandbox.topology import SERVICES

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "platforms" / "isectech"
NAMES = {service.name for service in SERVICES}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.slug)
def test_every_fault_is_a_legal_image_of_services_that_exist(fault: Fault) -> None:
    """The slug fits into an image reference, and `find` gives it for its services alone."""
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", fault.slug)
    assert set(fault.services) <= NAMES
    assert all(find(service, fault.slug) is fault for service in fault.services)
    assert find("nowhere", fault.slug) is None


def test_every_service_has_a_known_bad_revision() -> None:
    """No service is left whose fault nobody could show."""
    assert {service for fault in FAULTS.values() for service in fault.services} == NAMES


def test_every_fault_names_criteria_that_exist() -> None:
    """What a fault must turn red is in the catalogue."""
    known = {criterion.id for criterion in load_catalogue(FOLDER, load_platform(FOLDER)).criteria}

    assert {name for fault in FAULTS.values() for name in fault.criteria} <= known


async def healthy(scope: Any, _receive: Any, send: Any) -> None:
    """An app that answers every request with one document."""
    body = b'{"risk": 1}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def ask(app: Callable[..., Any], path: str) -> httpx.Response:
    """Send one request to an app."""

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
            return await client.get(path)

    return anyio.run(send)


def test_an_answering_fault_spoils_what_matches_and_nothing_else() -> None:
    """Matching requests get the fault's own answer, others the app's."""
    app = answering(healthy, on("GET /bad"), 503)

    assert [ask(app, path).status_code for path in ("/good", "/bad")] == [200, 503]


def test_a_rewriting_fault_changes_the_document_of_what_matches() -> None:
    """The document is changed, its length too, and others stay as they were."""
    app = rewritten(healthy, on("GET /bad"), lambda document: {"riskScore": document["risk"]})

    assert ask(app, "/good").json() == {"risk": 1}
    assert ask(app, "/bad").json() == {"riskScore": 1}
