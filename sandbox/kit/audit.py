"""The audit trail: each service notes its entry beside the change and hands it to auth-service soon after.

An entry is written in the transaction of the change it reports (an outbox), so neither exists without the
other; a task delivers entries in order and again after a failure, and auth-service takes each id once.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
import time
from contextlib import suppress
from typing import Any

from sandbox.kit import trace
from sandbox.kit.identity import Principal
from sandbox.kit.mesh import AUTH, Call, Mesh
from sandbox.kit.problem import Problem
from sandbox.kit.store import Store

_BATCH = 100
_IDLE_S = 1.0
_RETRY_S = 0.5


class Audit:
    """Writes entries into the outbox of one store."""

    def __init__(self, service: str) -> None:
        self._service = service

    def record(
        self,
        connection: sqlite3.Connection,
        principal: Principal,
        action: str,
        target: str,
        **detail: str | float | bool | None,
    ) -> None:
        """Note, within the change's transaction, that `principal` did `action` to `target`."""
        self.write(connection, entry_of(self._service, principal, action, target, detail))

    def write(self, connection: sqlite3.Connection, entry: dict[str, Any]) -> None:
        connection.execute(
            "INSERT INTO audit_outbox (entry) VALUES (?)", (json.dumps(entry, sort_keys=True),)
        )


def entry_of(
    service: str, principal: Principal, action: str, target: str, detail: dict[str, Any]
) -> dict[str, Any]:
    """Return the document of one entry, with the current trace and time."""
    current = trace.current()
    return {
        "id": f"aud_{secrets.token_hex(12)}",
        "at": time.time(),
        "service": service,
        "tenant": principal.tenant,
        "actor": principal.actor,
        "action": action,
        "target": target,
        "traceId": current.trace_id,
        "requestId": current.request_id,
        "detail": {name: str(value) for name, value in detail.items()},
    }


class OutboxSender:
    """Delivers the outbox to auth-service while the app runs; safe in several processes at once."""

    def __init__(self, store: Store, mesh: Mesh) -> None:
        self._store = store
        self._mesh = mesh
        self.wake = asyncio.Event()
        """Set it when there may be something to deliver."""

    async def run(self) -> None:
        """Deliver for ever; after a failure wait a moment and try again."""
        while True:
            try:
                delivered = await self.deliver()
            except (Problem, sqlite3.Error):
                await asyncio.sleep(_RETRY_S)
                continue
            if delivered < _BATCH:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.wake.wait(), _IDLE_S)
                self.wake.clear()

    async def deliver(self) -> int:
        """Deliver the oldest entries and forget them; return how many there were.

        Raises:
            Problem: auth-service did not take them; they stay in the outbox.
        """
        rows = await asyncio.to_thread(self._oldest)
        if not rows:
            return 0
        entries = [json.loads(row["entry"]) for row in rows]
        answer = await self._mesh.request(
            Call(service=AUTH, method="POST", path="/v1/audit", json={"entries": entries})
        )
        if answer.status_code != 202:
            raise Problem(503, "The audit trail was not taken.", code="audit_refused")
        await asyncio.to_thread(self._forget, rows[-1]["position"])
        return len(rows)

    def _oldest(self) -> list[sqlite3.Row]:
        with self._store.read() as connection:
            query = "SELECT position, entry FROM audit_outbox ORDER BY position LIMIT ?"
            return connection.execute(query, (_BATCH,)).fetchall()

    def _forget(self, position: int) -> None:
        with self._store.write() as connection:
            connection.execute("DELETE FROM audit_outbox WHERE position <= ?", (position,))
