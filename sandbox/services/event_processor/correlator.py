"""Correlates pending events in the background, as part of the running app."""

from __future__ import annotations

from sandbox.kit.store import Store
from sandbox.kit.worker import Worker
from sandbox.services.event_processor import domain, store

BOUND_S = 5.0
"""Seconds after its receipt within which an event is correlated in good health."""
_ROUND = 500
_GATHER_S = 0.02


class Correlator(Worker):
    """Runs a round when woken by a new event, and once a second for what another instance left behind.

    A round is one write transaction: two instances take turns, and a crash leaves a round undone or done.
    """

    def __init__(self, database: Store) -> None:
        super().__init__(lambda: self.round() >= _ROUND, gather_s=_GATHER_S)
        self._database = database

    def round(self) -> int:
        """Correlate the oldest pending events of every tenant; returns how many there were."""
        with self._database.read() as connection:
            tenants = store.pending_tenants(connection)
        return sum(self._correlate(tenant) for tenant in tenants)

    def _correlate(self, tenant: str) -> int:
        with self._database.write() as connection:
            events = store.pending_events(connection, tenant, _ROUND)
            if events:
                drafts = domain.correlate(events, store.open_drafts(connection, tenant, events))
                store.save_drafts(connection, tenant, drafts)
            return len(events)
