"""Rate limits: an exact sliding window per caller, shown in the RateLimit header fields.

A window that slides cannot be cheated at its edge, as a fixed one can by a burst before and one after it.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.kit.problem import Problem
from sandbox.kit.settings import RateTiers

_SWEEP_EVERY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What a caller has left after this request; `reset_s` until a request more is allowed or all are."""

    limit: int
    remaining: int
    reset_s: float
    window_s: float
    is_exceeded: bool

    def headers(self) -> dict[str, str]:
        """Return the RateLimit header fields, with Retry-After when the caller must wait."""
        reset = str(max(1, math.ceil(self.reset_s)))
        fields = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": reset,
            "RateLimit-Policy": f"{self.limit};w={self.window_s:g}",
        }
        if self.is_exceeded:
            fields["Retry-After"] = reset
        return fields


class Limiter:
    """Counts the requests of each caller in the last window; one per process."""

    def __init__(self, tiers: RateTiers, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.tiers = tiers
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, deque[float]] = {}
        self._taken = 0

    def take(self, caller: str, tier: str) -> Quota:
        """Count one request of `caller`; an exceeded quota counts nothing, so waiting always helps."""
        limit, window, now = self.tiers.limit(tier), self.tiers.window_s, self._clock()
        with self._lock:
            self._sweep(now)
            times = self._seen.setdefault(caller, deque())
            while times and times[0] <= now - window:
                times.popleft()
            is_exceeded = len(times) >= limit
            if not is_exceeded:
                times.append(now)
            oldest = times[0] if times else now
            return Quota(
                limit=limit,
                remaining=max(0, limit - len(times)),
                reset_s=oldest + window - now,
                window_s=window,
                is_exceeded=is_exceeded,
            )

    def forget(self) -> None:
        with self._lock:
            self._seen.clear()

    def _sweep(self, now: float) -> None:
        """Forget callers that have been away for a window, so that memory stays bounded."""
        self._taken += 1
        if self._taken % _SWEEP_EVERY == 0:
            horizon = now - self.tiers.window_s
            self._seen = {name: times for name, times in self._seen.items() if times and times[-1] > horizon}


def refuse_if_exceeded(quota: Quota) -> None:
    """Turn an exceeded quota into its answer.

    Raises:
        Problem: 429 with the RateLimit fields and Retry-After.
    """
    if quota.is_exceeded:
        raise Problem(
            429,
            f"More than {quota.limit} requests in {quota.window_s:g} s. Wait as Retry-After says.",
            code="rate_limited",
            headers=quota.headers(),
        )
