"""Runs queued scans in the background, as part of the running app."""

from __future__ import annotations

import secrets
import time

from sandbox.kit import trace
from sandbox.kit.audit import Audit
from sandbox.kit.identity import Principal
from sandbox.kit.store import Store
from sandbox.kit.worker import Worker
from sandbox.services.asset_discovery import domain, store
from sandbox.services.asset_discovery.store import Job

_LEASE_S = 5.0
"""Seconds of silence after which another worker takes a scan over."""


class Scanner(Worker):
    """Takes one scan at a time; safe with several instances on one database.

    A worker holds a scan by a lease. Each step keeps its findings and its progress in one transaction: the
    scan of a worker that died goes on where it stood, and a worker that was only slow notices and lets go.
    """

    def __init__(self, database: Store) -> None:
        super().__init__(self.run_one)
        self._database = database
        self._audit = Audit("asset-discovery")
        self._name = secrets.token_hex(8)

    def run_one(self) -> bool:
        """Run the oldest scan without a lease to its end; False when there is none."""
        with self._database.read() as connection:
            if not store.has_open_scan(connection, time.time()):
                return False
        with self._database.write() as connection:
            job = store.claim_scan(connection, self._name, time.time(), _LEASE_S)
        if job is None:
            return False
        trace.enter(trace.continued(job.traceparent, None))
        addresses = domain.addresses_of(job.network)
        done = job.looked_at
        for chunk in domain.chunks_of(addresses[done:]):
            done += len(chunk)
            if not self._step(job, chunk, done):
                return True
        self._finish(job)
        return True

    def _step(self, job: Job, addresses: list[str], done: int) -> bool:
        now = time.time()
        with self._database.write() as connection:
            if not store.advance_scan(connection, job, self._name, done, now + _LEASE_S):
                return False
            for finding in domain.find(job.tenant, addresses, job.network):
                store.keep_finding(connection, job, finding, now)
        return True

    def _finish(self, job: Job) -> None:
        requester = Principal(
            subject=job.requested_by, tenant=job.tenant, roles=frozenset(), kind="user", token_id=""
        )
        with self._database.write() as connection:
            if store.finish_scan(connection, job, self._name, time.time()):
                self._audit.record(connection, requester, "scan.finished", job.scan_id)
