"""Correlates pending events in the background, as part of the running app."""

from __future__ import annotations

import asyncio
import sqlite3

from sandbox.kit.store import Store
from sandbox.services.event_processor import domain, store

BOUND_S = 5.0
"""Seconds after its receipt within which an event is correlated in good health."""
_ROUND = 500
_SWEEP_S = 1.0
_GATHER_S = 0.02
"""Seconds to wait for company after the first event, so that a burst is one turn at writing, not many."""


class Correlator:
    """Runs a round when woken by a new event, and once a second for what another instance left behind.

    A round is one write transaction: two instances take turns, and a crash leaves a round undone or done.
    """

    def __init__(self, database: Store) -> None:
        self._database = database
        self._wake: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Say that there are new events; may be called from any thread, also when nobody runs."""
        if self._loop is not None and self._wake is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Correlate for ever; a busy or missing database is tried again with the next sweep."""
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        while True:
            self._wake.clear()
            try:
                correlated = await asyncio.to_thread(self.round)
            except sqlite3.Error:
                correlated = 0
            if correlated < _ROUND:
                await self._rest(self._wake)

    async def _rest(self, wake: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(wake.wait(), _SWEEP_S)
        except TimeoutError:
            return
        await asyncio.sleep(_GATHER_S)

    def round(self) -> int:
        """Correlate the oldest pending events of every tenant; returns how many there were."""
        with self._database.read() as connection:
            tenants = store.pending_tenants(connection)
        return sum(self._correlate(tenant) for tenant in tenants)

    def _correlate(self, tenant: str) -> int:
        with self._database.write() as connection:
            events = store.pending_events(connection, tenant, _ROUND)
            if events:
                stories = domain.correlate(events, store.open_stories(connection, tenant, events))
                store.save_stories(connection, tenant, stories)
            return len(events)
