"""A locustfile: the least that a Locust user can do, which `benchmarks.load_cost` compares with."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, events, task

SETTLE_S = float(os.environ["EMPTY_SETTLE"])
RATE = float(os.environ["EMPTY_RATE"])
GAPS = random.Random(20260101)  # noqa: S311 - repeatable, not secret
BEGAN: dict[str, float] = {}


class Empty(FastHttpUser):  # type: ignore[misc]
    """Asks for one path, over and over, and looks at nothing.

    Its requests come one by one at uneven moments, as the arrivals of a schedule do. Users that start
    together and wait equally long send in bursts: the loop then wakes once for fifty requests.
    """

    def wait_time(self) -> float:
        """Return the gap to the next request of this user: that of a Poisson process."""
        return GAPS.expovariate(RATE)

    @task  # type: ignore[untyped-decorator]
    def get(self) -> None:
        """Ask."""
        self.client.get("/")


@events.spawning_complete.add_listener  # type: ignore[untyped-decorator]
def settle(**_: Any) -> None:
    """Begin to count when the connections are made."""
    gevent.spawn_later(SETTLE_S, begin)


def begin() -> None:
    """Note what was used and sent until now."""
    BEGAN.update(cpu=time.process_time(), requests=float(COUNT["requests"]))


COUNT = {"requests": 0}


@events.request.add_listener  # type: ignore[untyped-decorator]
def count(**_: Any) -> None:
    """Count one."""
    COUNT["requests"] += 1


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def write(environment: Any, **_: Any) -> None:
    """Write the processor time per request."""
    requests = COUNT["requests"] - BEGAN["requests"]
    cost = (time.process_time() - BEGAN["cpu"]) / requests
    Path(os.environ["EMPTY_OUT"]).write_text(json.dumps({"cost": cost, "requests": requests}))
    environment.process_exit_code = 0
