"""Requests of one's own as a second source: they have no delay, and are there when nobody else asks.

Each is a real read of the service's data. Bounded in number and time.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import httpx

from journeys.client import SilenceError
from journeys.reads import PROTECTED, PUBLIC

_CALLERS: Final = 6
_MOST_CALLERS: Final = 48
_SLOW_MS: Final = 1000.0
"""An answer that takes longer brings one more caller: a slow service must not escape for want of samples."""
_LONGEST_S: Final = 45.0
_CALLER_WRONG: Final = range(400, 500)
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What the requests saw; those for which the caller was refused (4xx) say nothing and are not counted."""

    answered: int
    failed: int
    latencies_ms: tuple[float, ...]

    @property
    def counted(self) -> int:
        """Requests that say something about the service."""
        return self.answered + self.failed


def probe(client: httpx.Client, service: str, count: int, *, headers: dict[str, str]) -> ProbeResult:
    """Send up to `count` reads from a few callers side by side, from more where each waits long."""
    path = PUBLIC.get(service) or PROTECTED[service]
    tickets, lock, ends = itertools.count(), threading.Lock(), time.monotonic() + _LONGEST_S
    seen: list[tuple[int, float]] = []
    callers: list[Future[None]] = []

    def call() -> None:
        while next(tickets) < count and time.monotonic() < ends:
            status, milliseconds = _timed(lambda: client.get(path, headers=headers))
            with lock:
                seen.append((status, milliseconds))
                if milliseconds > _SLOW_MS and len(callers) < _MOST_CALLERS:
                    callers.append(pool.submit(call))

    with ThreadPoolExecutor(_MOST_CALLERS) as pool:
        with lock:
            callers += [pool.submit(call) for _ in range(_CALLERS)]
        for done in callers:  # it grows while its members are at work
            done.result()
    counted = [(status, spent) for status, spent in seen if status not in _CALLER_WRONG]
    failed = sum(status >= _SERVER_ERROR for status, _ in counted)
    return ProbeResult(
        answered=len(counted) - failed, failed=failed, latencies_ms=tuple(spent for _, spent in counted)
    )


def _timed(ask: Callable[[], httpx.Response]) -> tuple[int, float]:
    """Return the status and the milliseconds; silence counts as 504."""
    began = time.perf_counter()
    try:
        status = ask().status_code
    except SilenceError:
        status = 504
    return status, (time.perf_counter() - began) * 1000


def percentile(result: ProbeResult, share: float) -> float:
    """Return the nearest-rank percentile of the exact latencies, in ms; there must be some."""
    ordered = sorted(result.latencies_ms)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
