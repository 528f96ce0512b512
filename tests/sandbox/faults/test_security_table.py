"""Every automated check of the security catalogue has a known-bad revision that it catches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.model.criterion import Criterion
from sandbox.faults.registry import SECURITY, faults_of
from sandbox.faults.request_faults import carrying, header, query, with_requests_changed

FOLDER = Path(__file__).parents[3] / "platforms" / "isectech"
KNOWN = faults_of(*SECURITY)
CAUGHT_FIRST = {fault.criteria[0]: fault for fault in KNOWN}


def automated() -> list[Criterion]:
    """Return the criteria of the security catalogue that a producer looks at."""
    catalogue = load_catalogue(FOLDER, load_platform(FOLDER))
    return [c for c in catalogue.criteria if c.category == "security-checks" and c.producers]


@pytest.mark.parametrize("criterion", automated(), ids=lambda criterion: criterion.id)
def test_each_check_has_a_revision_that_it_catches_first(criterion: Criterion) -> None:
    """The revision is one of a service that the criterion is about."""
    fault = CAUGHT_FIRST[criterion.id]

    assert set(fault.services) <= set(criterion.services)


def test_a_revision_proves_one_check() -> None:
    """What else a revision turns red is of the guide's own lists; one without limits has more to miss."""
    others = {name for fault in KNOWN for name in fault.criteria[1:] if fault.id != "M09"}

    assert others <= {"SEC-02", "SEC-03", "SEC-04"}


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """An app that answers with what it got to see."""
    body = (await receive())["body"]
    text = f"{scope['method']} {query(scope)} {header(scope, 'x-word')} {body.decode()}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-app", b"1")]})
    await send({"type": "http.response.body", "body": text})


def ask(app: Callable[..., Any], content: bytes) -> httpx.Response:
    """Send one request to an app."""

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
            return await client.post("/p?a=b%20c", content=content)

    return anyio.run(send)


def test_a_revision_that_changes_requests_shows_its_app_another_one() -> None:
    """Header and method are what the revision makes of them."""
    app = with_requests_changed(echo, lambda scope: carrying({**scope, "method": "PUT"}, "x-word", "w"))

    assert ask(app, b"good").text == "PUT a=b c w good"
