"""INF-09: the number of instances has bounds, and follows the load: more with it, fewer after it.

An instance says when it began (`process_start_time_seconds`, the name of the Prometheus client libraries);
one that began after the load did was added for it. Monitoring says the same minutes later.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect
from journeys.client import SilenceError
from journeys.session import Tokens, bearer
from tests.observing import CloudMetrics, wait_for
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
Page = Callable[..., httpx.Response]
_STARTED = re.compile(r"^process_start_time_seconds(?:\{[^}]*\})? ([0-9.e+]+)$", re.MULTILINE)


@pytest.fixture(scope="session")
def pressed() -> dict[str, float]:
    """Remember when each service was put under load, unix seconds."""
    return {}


@pytest.fixture(scope="session")
def due(target: Target, pressed: Mapping[str, float]) -> Callable[[str], float]:
    """Give when a service's instances must be seen to have gone, unix seconds.

    The first late check asks: everything else of this run is over then, and keeps no instance busy any more.
    """
    calm = time.time()
    return lambda service: due_at(target, pressed.get(service, 0.0), calm)


@pytest.fixture(scope="session")
def page(http: Callable[[str], httpx.Client], tokens: Callable[[str], Tokens]) -> Page:
    """Give a service's metrics page, asked for as those who are scaled for."""

    def ask(service: str, **options: Any) -> httpx.Response:
        return http(service).get("/metrics", headers=bearer(tokens("load").access), **options)

    return ask


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
    page: Page,
    pressed: dict[str, float],
) -> None:
    """With more requests in flight than one instance takes, an instance that was not there before answers."""
    name = service.name
    room = candidate(name).max_instance_request_concurrency or _DEFAULT_CONCURRENCY
    calm = page(name)
    _started(calm, name)
    began = pressed[name] = parsedate_to_datetime(calm.headers["date"]).timestamp()

    def newcomer() -> bool:
        """Whether an instance that began under the load answers before the step is over."""
        deadline = time.monotonic() + _STEP_S
        while time.monotonic() < deadline:
            try:
                answer = page(name, timeout=_ASK_S)
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


def has_gone_back(counts: Sequence[tuple[float, int]], floor: int, since: float = 0.0) -> bool:
    """Whether the number was above its floor, from a moment on, and fell afterwards."""
    above = [index for index, (at, count) in enumerate(counts) if count > floor and at >= since]
    return any(later < counts[index][1] for index in above for _, later in counts[index + 1 :])


def due_at(target: Target, since: float, calm: float) -> float:
    """Return when instances must be seen to have gone, unix seconds: counted from our last request."""
    return max(since, calm) + target.scale_in_s + target.metrics_delay_s + _GRACE_S


@pytest.mark.criterion("INF-09")
@pytest.mark.impact("noisy")
@pytest.mark.turn("late")
def test_instances_go_again(
    service: ServiceTarget,
    deployed: Callable[[str], Any],
    metrics: CloudMetrics,
    pressed: Mapping[str, float],
    due: Callable[[str], float],
) -> None:
    """Of the instances that load added some are gone again when it is over; looked at long after the load.

    Where they may stay for longer than anybody waits, an earlier rise of the last day that went back counts.
    """
    found, name = deployed(service.name), service.name
    floor = max(found.template.scaling.min_instance_count, found.scaling.min_instance_count, 1)
    part = metrics.part(name, service.revision)

    def seen() -> list[tuple[float, int]]:
        return metrics.instances(part, metrics.window(_DAY_S))

    since = pressed.get(name, 0.0)
    due_s = due(name) - time.time()
    if not since or due_s > _LONGEST_WAIT_S:
        if not has_gone_back(seen(), floor):
            pytest.skip(f"in the last day {name} was not seen to give an instance back")
    elif not wait_for(lambda: has_gone_back(seen(), floor, since), seconds=max(due_s, 0.0)):
        counts = [count for at, count in seen() if at >= since]
        demand(None, f"the load is over, and its instances since then are {counts[-6:]}", blames=name)
