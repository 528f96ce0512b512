"""What an empty database of event-processor is filled with."""

from __future__ import annotations

from sqlite3 import Connection
from typing import cast

from sandbox.kit import records
from sandbox.kit.seed import TENANTS
from sandbox.services.event_processor import domain, store
from sandbox.services.event_processor.domain import Kind, Severity
from sandbox.services.event_processor.models import Event

KNOWN_EVENT = records.example("evt")
KNOWN_CORRELATION = records.example("cor")
KNOWN_ASSET = records.example("ast")


def seed(connection: Connection) -> None:
    """Fill an empty database: keep the events and correlate them as if they had just come in."""
    found = records.events()
    for tenant in TENANTS:
        store.insert_events(connection, tenant, [_event(item) for item in found if item.tenant == tenant])
        pending = store.pending_events(connection, tenant, len(found))
        store.save_drafts(connection, tenant, domain.correlate(pending, []))


def _event(record: records.SeedEvent) -> Event:
    return Event(
        id=record.id,
        asset_id=record.asset_id,
        kind=cast("Kind", record.kind),
        severity=cast("Severity", record.severity),
        summary="",
        actor=None,
        indicators=list(record.indicators),
        occurred_at=record.occurred_at,
        received_at=record.occurred_at,
        submitted_by="seed",
        status="pending",
        correlation_id=None,
    )
