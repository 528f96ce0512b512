"""How much one caller may ask, and that no header makes a second caller of the same one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from journeys.checks import demand
from tests.readiness.security.contracts import operations
from tests.readiness.security.tenants import Account, Tenant
from tests.readiness.security.volley import Ask, Seen, Volley

GATEWAY = "api-gateway"
CHEAP = "/api/v1/limits"
INSTANCES = 4
"""The limit is per instance: so many may share the requests of one caller."""
_SLACK_S = 3.0


def _limit() -> tuple[int, float]:
    """Return requests and seconds of the limit that the contract names."""
    op = next(op for op in operations(GATEWAY) if op.name == f"GET {CHEAP}")
    limit = op.declared["x-rate-limit"]
    return int(limit["requests"]), float(limit["windowSeconds"])


def _until_limited(volley: Volley, ask: Callable[[int], Ask]) -> list[Seen]:
    """Send the limit and a fifth more, for as many instances as may share it, until somebody is refused."""
    requests, _ = _limit()
    sent: list[Seen] = []
    for part in range(INSTANCES):
        count = requests * 6 // 5
        sent += volley.send((ask(part * count + n) for n in range(count)), is_patient=False)
        if any(seen.status == 429 for seen in sent):
            break
    return [seen for seen in sent if seen.status == 429]


def _recovers(volley: Volley, ask: Ask) -> bool:
    """Whether the caller is served again when the window is over."""
    deadline = time.monotonic() + _limit()[1] + _SLACK_S
    while time.monotonic() < deadline:
        if volley.send([ask], is_patient=False)[0].status != 429:
            return True
        threading.Event().wait(0.5)
    return False


@pytest.mark.criterion("RES-01-RATE")
@pytest.mark.impact("noisy")
def test_one_caller_is_limited(volley: Volley, account: Callable[..., Account], tenant: Tenant) -> None:
    """Beyond the limit the caller is told how long to wait; others are served, and later it is again."""
    person, other = account("viewer"), account("viewer")
    headers = tenant.headers("viewer", sub=person.id, tier="standard")
    ask = Ask(service=GATEWAY, path=CHEAP, headers=headers)
    refused = _until_limited(volley, lambda _n: ask)
    demand(refused, f"never told a caller of {_limit()[0]} requests and more to wait", blames=GATEWAY)
    silent = [s for s in refused if not s.answer.headers.get("retry-after", "").isdecimal()]
    demand(not silent, "answers 429 without Retry-After", blames=GATEWAY)
    beside = Ask(service=GATEWAY, path=CHEAP, headers=tenant.headers("viewer", sub=other.id, tier="standard"))
    status = volley.send([beside], is_patient=False)[0].status
    demand(status == 200, f"answers another caller with {status} meanwhile", blames=GATEWAY)
    demand(_recovers(volley, ask), "does not serve the caller after the window", blames=GATEWAY)


@pytest.mark.criterion("RES-02-FORWARDED")
@pytest.mark.impact("noisy")
def test_forwarded_address(volley: Volley) -> None:
    """A caller without a token who claims another address each time is limited all the same."""

    def ask(number: int) -> Ask:
        claimed = f"203.0.{number // 250}.{number % 250 + 1}"
        names = ("X-Forwarded-For", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "Forwarded")
        headers = {name: f"for={claimed}" if name == "Forwarded" else claimed for name in names}
        return Ask(service=GATEWAY, path=CHEAP, headers=headers)

    refused = _until_limited(volley, ask)
    demand(refused, "counts every claimed address by itself", blames=GATEWAY)
    demand(_recovers(volley, Ask(service=GATEWAY, path=CHEAP)), "does not recover", blames=GATEWAY)
