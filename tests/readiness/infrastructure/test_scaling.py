"""INF-09: the number of instances has bounds, and follows the load.

An instance says when it began (`process_start_time_seconds`, the name of the Prometheus client libraries);
one that began after the load did was added for it. Monitoring says the same minutes later.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect
from journeys.client import SilenceError
from journeys.session import Tokens, bearer
from tests.readiness.infrastructure.pressure import pressure

STEPS = 3
"""So many times the room of one instance is filled before we give up."""
MORE = 8
_STEP_S = 6.0
_PAUSE_S = 0.1
_ASK_S = 1.0
_DEFAULT_CONCURRENCY = 80
_STARTED = re.compile(r"^process_start_time_seconds(?:\{[^}]*\})? ([0-9.e+]+)$", re.MULTILINE)


def _started(response: httpx.Response, service: str) -> float:
    """Return when the instance that answered began, in seconds since the epoch."""
    found = _STARTED.search(expect(response, 200, blames=service).text)
    demand(found, "its metrics do not say when the instance began", blames=service)
    return float(found.group(1)) if found else 0.0


@pytest.mark.criterion("INF-09")
def test_bounds_are_set(service: ServiceTarget, deployed: Callable[[str], Any]) -> None:
    """An instance is always there, more may come, and there is an end to it."""
    found, name = deployed(service.name), service.name
    revision, whole = found.template.scaling, found.scaling
    fewest = max(revision.min_instance_count, whole.min_instance_count)
    limits = [limit for limit in (revision.max_instance_count, whole.max_instance_count) if limit]
    demand(fewest >= 1, "may have no instance at all: its first caller waits", blames=name)
    demand(limits, "has no upper bound for its instances", blames=name)
    message = f"may have {fewest} to {min(limits, default=0)} instances: there is no room for load"
    demand(min(limits, default=0) > fewest, message, blames=name)


@pytest.mark.criterion("INF-09")
@pytest.mark.impact("noisy")
def test_load_adds_instances(
    service: ServiceTarget,
    target: Target,
    candidate: Callable[[str], Any],
    http: Callable[[str], httpx.Client],
    tokens: Callable[[str], Tokens],
) -> None:
    """With more requests in flight than one instance takes, an instance that was not there before answers."""
    name, headers = service.name, bearer(tokens("load").access)
    room = candidate(name).max_instance_request_concurrency or _DEFAULT_CONCURRENCY
    calm = http(name).get("/metrics", headers=headers)
    _started(calm, name)
    began = parsedate_to_datetime(calm.headers["date"]).timestamp()

    def newcomer() -> bool:
        """Whether an instance that began under the load answers before the step is over."""
        deadline = time.monotonic() + _STEP_S
        while time.monotonic() < deadline:
            try:
                answer = http(name).get("/metrics", headers=headers, timeout=_ASK_S)
            except SilenceError:
                continue
            if answer.status_code == httpx.codes.OK and _started(answer, name) > began:
                return True
            threading.Event().wait(_PAUSE_S)
        return False

    with pressure(target, service) as held:
        for _ in range(STEPS):
            held.add(room + MORE)
            if newcomer():
                return
    demand(None, f"no instance was added for {STEPS * (room + MORE)} requests at once", blames=name)
