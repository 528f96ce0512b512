"""Work in the background of a running app, woken by a request."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

_SWEEP_S = 1.0


class Worker:
    """Takes steps when it is woken, and once a second for what another instance left behind.

    A step says whether there is more to do at once. A busy or missing database is tried again with the next
    sweep. `gather_s` seconds after a call it waits for company, so that a burst is one step, not many.
    """

    def __init__(self, step: Callable[[], bool], *, gather_s: float = 0.0) -> None:
        self._take = step
        self._gather_s = gather_s
        self._wake: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Say that there is something to do; may be called from any thread, also before `run`."""
        if self._loop is not None and self._wake is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        while True:
            self._wake.clear()
            try:
                has_more = await asyncio.to_thread(self._take)
            except sqlite3.Error:
                has_more = False
            if not has_more:
                await self._rest(self._wake)

    async def _rest(self, wake: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(wake.wait(), _SWEEP_S)
        except TimeoutError:
            return
        await asyncio.sleep(self._gather_s)


async def _worker(request: Request) -> Worker:
    worker: Worker = request.app.state.worker
    return worker


WorkerDep = Annotated[Worker, Depends(_worker)]
