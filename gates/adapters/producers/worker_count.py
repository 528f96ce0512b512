"""How many workers pay: a platform far away is waited for, and several can wait at once; a near one is not.

Each worker costs seconds of a processor before its first check. So one looks at a platform that answers at
once, and several at one whose answers are under way for longer than they take to make: the farther, the more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import httpx

from gates.adapters.services.network import Network
from gates.errors import GateError
from gates.model.platform import Environment
from gates.model.target import Target

MOST = 8
_MOST_PER_CORE = 3
_CRITERIA_EACH = 3
"""A worker that has fewer to look at is not worth its start."""
_FAR_S = 0.025
"""So long an answer is under way when one worker for each processor pays."""
_TRIES = 4
_SECONDS = 3.0


def worth(environment: Environment, target: Target, *, criteria: int) -> int:
    """Return how many workers pay for so many criteria about a target; one where nothing answers."""
    cores, most = len(os.sched_getaffinity(0)), min(MOST, criteria // _CRITERIA_EACH)
    if most <= 1:
        return 1
    distance = _distance(environment, [service.base_url for service in target.services])
    per_core = min(_MOST_PER_CORE, int((distance or 0.0) / _FAR_S))
    return max(1, min(most, per_core * cores))


def _distance(environment: Environment, urls: Sequence[str]) -> float | None:
    """Return the time of the quickest of a few answers: a busy machine makes some slow, and none quicker."""
    taken: list[float] = []
    try:
        with Network(environment.endpoints).client(seconds=_SECONDS) as client:
            for url in [*urls[:1]] * _TRIES:
                began = time.monotonic()
                client.get(f"{url}/version")
                taken.append(time.monotonic() - began)
    except (httpx.HTTPError, GateError):
        return None
    return min(taken, default=None)
