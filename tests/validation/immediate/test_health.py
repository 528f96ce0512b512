"""Does every service live, is it ready, and is what it says of itself true?"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import httpx
import pytest

from gates.model.target import ServiceTarget
from journeys.checks import demand, expect, field
from journeys.reads import PUBLIC, THROUGH
from journeys.session import Tokens

Http = Callable[[str], httpx.Client]
CALLS = 5


@pytest.mark.criterion("HLT-LIVE", "VAL-HEALTH")
def test_live(service: ServiceTarget, http: Http) -> None:
    """The service says that it is alive."""
    response = expect(http(service.name).get("/healthz"), 200, blames=service.name)

    status = field(response, "status", blames=service.name)
    demand(status == "alive", f"says of its life: {status}", blames=service.name)


@pytest.mark.criterion("HLT-READY", "VAL-HEALTH")
def test_ready(service: ServiceTarget, http: Http) -> None:
    """The service says that it is ready, and so is everything that it cannot do without."""
    response = expect(http(service.name).get("/readyz"), 200, blames=service.name)

    needed = [entry for entry in field(response, "dependencies", blames=service.name) if entry["isRequired"]]
    down = [entry["name"] for entry in needed if entry["state"] != "up"]
    demand(not down, f"ready although {', '.join(down)} is not up", blames=service.name)


@pytest.mark.criterion("HLT-DEEP", "VAL-HEALTH")
def test_deep(service: ServiceTarget, http: Http, tokens: Callable[[str], Tokens]) -> None:
    """What readiness says agrees with a real call that needs the service's database."""
    says_ready = http(service.name).get("/readyz").status_code == 200
    response = _read(service.name, http, tokens)

    works = response.status_code == 200
    message = (
        f"says {'ready' if says_ready else 'not ready'} "
        f"while {response.request.url.path} answers {response.status_code}"
    )
    demand(works == says_ready, message, blames=service.name)
    expect(response, 200, blames=service.name)


@pytest.mark.criterion("HLT-PROMPT")
def test_prompt(
    service: ServiceTarget, http: Http, tokens: Callable[[str], Tokens], measure: Callable[..., None]
) -> None:
    """Median of five calls, one after the other, that need the service's database."""
    answers = [expect(_read(service.name, http, tokens), 200, blames=service.name) for _ in range(CALLS)]
    taken = [answer.elapsed.total_seconds() * 1000 for answer in answers]
    measure(statistics.median(taken), unit="ms", samples=len(taken), blames=service.name)


def _read(name: str, http: Http, tokens: Callable[[str], Tokens]) -> httpx.Response:
    if name in PUBLIC:
        return http(name).get(PUBLIC[name])
    return http(name).get(THROUGH[name], headers=tokens("analyst").headers)
