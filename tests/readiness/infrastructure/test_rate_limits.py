"""INF-05: no caller gets more than its share, and whoever is refused is told how long to wait.

The caller is a person of our own: nobody else is limited because of us. A limit is per instance, so as many
requests are sent as all instances together may take.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gates.model.target import ServiceTarget
from journeys.checks import demand
from journeys.reads import PROTECTED
from tests.readiness.security.contracts import operations
from tests.readiness.security.tenants import Account, Tenant
from tests.readiness.security.volley import Ask, Seen, Volley

INSTANCES = 4
PAGE = "/internal/circuits"
"""What a caller with a token may ask of the frontend, which has pages instead of reads."""


def _declared(service: str, path: str) -> tuple[int, int]:
    """Return requests and seconds of the limit in the service's contract."""
    bare = path.partition("?")[0]
    op = next(op for op in operations(service) if op.name == f"GET {bare}")
    limit = op.declared.get("x-rate-limit", {})
    demand(limit, f"its contract gives no rate limit for {op.name}", blames=service)
    return int(limit["requests"]), int(limit["windowSeconds"])


def _until_refused(volley: Volley, ask: Ask, requests: int) -> list[Seen]:
    """Send a fifth more than the limit, for as many instances as may share it; end at the first refusal."""
    for _ in range(INSTANCES):
        refused = [s for s in volley.send([ask] * (requests * 6 // 5), is_patient=False) if s.status == 429]
        if refused:
            return refused
    return []


@pytest.mark.criterion("INF-05")
@pytest.mark.impact("noisy")
def test_excess_is_refused(
    service: ServiceTarget, volley: Volley, account: Callable[..., Account], tenant: Tenant
) -> None:
    """The service shows the limit of its contract, and holds one caller to it with 429 and Retry-After."""
    name, path = service.name, PROTECTED.get(service.name, PAGE)
    requests, window = _declared(name, path)
    headers = tenant.headers("admin", sub=account("admin").id, tier="standard")
    ask = Ask(service=name, path=path, headers=headers)
    first = volley.send([ask], is_patient=False)[0].answer
    demand(first.status_code == 200, f"{path} answers {first.status_code} to its first caller", blames=name)
    shown = first.headers.get("ratelimit-limit", "nothing")
    demand(shown == str(requests), f"shows a limit of {shown}, its contract says {requests}", blames=name)
    refused = _until_refused(volley, ask, requests)
    demand(refused, f"never refuses a caller of more than {requests} requests in {window} s", blames=name)
    for seen in refused:
        wait = seen.answer.headers.get("retry-after", "")
        is_told = wait.isdecimal() and 0 < int(wait) <= window
        demand(is_told, f"answers 429 with Retry-After {wait or 'missing'}", blames=name)
