"""What an empty database of threat-detection is filled with."""

from __future__ import annotations

from sqlite3 import Connection
from typing import cast

from sandbox.kit import records
from sandbox.kit.records import SeedEvent
from sandbox.kit.seed import FUZZ_TENANT
from sandbox.services.threat_detection import domain, store
from sandbox.services.threat_detection.domain import Correlation, Severity

KNOWN_ASSET = records.example("ast")


def seed(connection: Connection) -> None:
    """Fill an empty database with the threats that the seeded incidents amount to."""
    for events in records.incidents():
        tenant = events[0].tenant
        found = domain.assess(tenant, _correlation(events), ())
        if found is not None:
            store.save_assessment(connection, tenant, found, records.BEGINNING)


def known_threat() -> str:
    """The id of a threat of the tenant that contract tests run in."""
    return domain.threat_id(FUZZ_TENANT, records.example("cor"))


def _correlation(events: tuple[SeedEvent, ...]) -> Correlation:
    """The correlation that event-processor makes of an incident; it is named after its first event."""
    return Correlation(
        id="cor_" + events[0].id.removeprefix("evt_"),
        asset_id=events[0].asset_id,
        pattern="intrusion",
        severity=cast("Severity", events[-1].severity),
        event_ids=tuple(event.id for event in events),
        indicators=tuple(sorted({value for event in events for value in event.indicators})),
        first_seen=events[0].occurred_at,
        last_seen=events[-1].occurred_at,
    )
