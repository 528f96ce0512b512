"""INF-09: the number of instances has bounds, and follows the load: more with it, fewer after it.

An instance says when it began (`process_start_time_seconds`, the name of the Prometheus client libraries);
one that began after the load did was added for it. Monitoring says the same minutes later.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect
from journeys.client import SilenceError
from journeys.session import Tokens, bearer
from tests.observing import PERIOD_S, CloudMetrics, wait_for
from tests.readiness.infrastructure.pressure import pressure

STEPS = 3
"""So many times the room of one instance is filled before we give up."""
MORE = 8
_STEP_S = 6.0
_DAY_S = 86_400
_LONGEST_WAIT_S = 300.0
_GRACE_S = 20.0
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
@pytest.mark.turn("early")
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


def has_gone_back(counts: Sequence[tuple[float, int]], floor: int) -> bool:
    """Whether the number rose above its floor and fell again afterwards."""
    above = [index for index, (_, count) in enumerate(counts) if count > floor]
    return any(later < counts[index][1] for index in above for _, later in counts[index + 1 :])


@pytest.mark.criterion("INF-09")
@pytest.mark.impact("noisy")
@pytest.mark.turn("late")
def test_instances_go_again(
    service: ServiceTarget, target: Target, deployed: Callable[[str], Any], metrics: CloudMetrics
) -> None:
    """Of the instances that load added some are gone again when it is over; looked at after the load."""
    found, name = deployed(service.name), service.name
    floor = max(found.template.scaling.min_instance_count, found.scaling.min_instance_count, 1)
    part = metrics.part(name, service.revision)

    def seen() -> list[tuple[float, int]]:
        return metrics.instances(part, metrics.window(_DAY_S))

    longest_s = min(target.metrics_delay_s + PERIOD_S / 2, _LONGEST_WAIT_S)
    grown = wait_for(lambda: [at for at, count in seen() if count > floor], seconds=longest_s)
    if not grown:
        pytest.skip(f"in the last day {name} never had more than its {floor} instances")
    due_s = min(grown) + target.scale_in_s + target.metrics_delay_s + _GRACE_S - time.time()
    if wait_for(lambda: has_gone_back(seen(), floor), seconds=min(max(due_s, 0.0), _LONGEST_WAIT_S)):
        return
    if due_s > _LONGEST_WAIT_S:
        pytest.skip(f"the instances that load added may stay for {due_s:.0f} s more: look again")
    demand(None, f"the load is over, and there are still {seen()[-1][1]} instances", blames=name)
