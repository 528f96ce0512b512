"""Limits a service to a known capacity: its requests are answered one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class CapacityLimit:
    """Lets at most so many requests of one service through each second; the others wait in line."""

    def __init__(self, service: str, per_second: Callable[[], float]) -> None:
        """Take the service's name and its capacity as it stands now; 0 means no limit."""
        self._service = service
        self._per_second = per_second
        self._next = 0.0

    async def wait(self, service: str) -> None:
        rate = self._per_second()
        if service != self._service or not rate:
            return
        now = asyncio.get_running_loop().time()
        self._next = max(now, self._next) + 1 / rate
        await asyncio.sleep(self._next - now)
