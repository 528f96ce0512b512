"""Users who read through the gateway, and, given a target, users who take the journeys.

`gate load --ui` opens the generator's page with all of them.

Environment: LOAD_HOST_HEADER (the name to say when the address is another), LOAD_TOKEN (an access token),
LOAD_RATE (requests per second of one user), LOAD_OUT (file that receives every latency), LOAD_TARGET and
LOAD_IDENTITIES (see `load.doors`).
"""

from __future__ import annotations

import json
import os
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, constant_throughput, events, task

HAS_TARGET = "LOAD_TARGET" in os.environ
if HAS_TARGET:
    from load.journey_users import USERS, reader

    globals().update({user.__name__: user for user in USERS})

PATHS = (
    "/api/v1/asset-discovery/v1/assets?limit=10",
    "/api/v1/event-processor/v1/events?limit=10",
    "/api/v1/decision-engine/v1/policies",
    "/api/v1/routes",
)
SAMPLES: list[tuple[float, int, str]] = []
"""Latency in ms, status (0 is no answer) and path of every request."""

BEGAN: list[tuple[float, float, float]] = []
"""When the load began, and how long this process, and anybody, had waited for a processor until then."""
SCHEDSTAT, PRESSURE = Path("/proc/self/schedstat"), Path("/proc/pressure/cpu")

DELAYS: list[float] = []
"""Seconds by which each short pause of the generator was too long."""
_TICK_S = 0.1


class Analyst(FastHttpUser):  # type: ignore[misc]
    """Looks at assets, events, rules and routes in turn."""

    wait_time = constant_throughput(float(os.environ.get("LOAD_RATE", "2")))
    connection_timeout = 10.0
    network_timeout = 10.0

    def on_start(self) -> None:
        """Start somewhere in the round, so that the paths are mixed at any moment."""
        self.turn = id(self) // 64

    @task  # type: ignore[untyped-decorator]
    def look(self) -> None:
        """Read the next thing."""
        self.turn += 1
        token = reader() if HAS_TARGET else os.environ.get("LOAD_TOKEN", "")
        headers = {"Authorization": f"Bearer {token}"}
        if name := os.environ.get("LOAD_HOST_HEADER"):
            headers["Host"] = name
        path = PATHS[self.turn % len(PATHS)]
        self.client.get(path, headers=headers, name=path.partition("?")[0])


@events.request.add_listener  # type: ignore[untyped-decorator]
def keep(response_time: float, exception: BaseException | None, **seen: Any) -> None:
    """Keep the exact latency: the generator's own percentiles are rounded.

    An answer that broke off after its status line is none.
    """
    response = seen.get("response")
    status = int(getattr(response, "status_code", 0) or 0)
    is_broken = exception is not None and status < HTTPStatus.BAD_REQUEST
    SAMPLES.append((response_time, 0 if is_broken else status, str(seen.get("name", ""))))


def notice_starvation() -> None:
    """Note how late the generator comes back from short pauses: late, it measures itself."""
    while True:
        before = time.monotonic()
        gevent.sleep(_TICK_S)
        DELAYS.append(time.monotonic() - before - _TICK_S)


def queued_s() -> float:
    """Return how long this process has waited for a processor, in seconds; 0 where nobody counts it.

    Second field of /proc/self/schedstat (Linux, Documentation/scheduler/sched-stats.rst).
    """
    try:
        return int(SCHEDSTAT.read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def contended_s() -> float:
    """Return how long somebody on this machine has waited for a processor, in seconds; 0 where nobody counts.

    `some … total` of /proc/pressure/cpu, in microseconds (Linux, Documentation/accounting/psi.rst).
    """
    try:
        return int(PRESSURE.read_text(encoding="ascii").partition("total=")[2].split()[0]) / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def watch(**_: Any) -> None:
    """Begin to look at the generator itself."""
    BEGAN.append((time.monotonic(), queued_s(), contended_s()))
    gevent.spawn(notice_starvation)


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def write(environment: Any, **_: Any) -> None:
    """Write every sample, and what the generator counted itself."""
    out = os.environ.get("LOAD_OUT")
    if out is None:
        return
    counted = environment.stats.total.num_requests
    began, queued, contended = BEGAN[0] if BEGAN else (time.monotonic(), 0.0, 0.0)
    lasted = max(time.monotonic() - began, 1.0)
    found = {
        "counted": counted,
        "samples": SAMPLES,
        "delays": DELAYS,
        "queued": (queued_s() - queued) / lasted,
        "contended": (contended_s() - contended) / lasted,
    }
    Path(out).write_text(json.dumps(found), encoding="utf-8")
    environment.process_exit_code = 0
