"""The operations of event-processor."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import ValidationError

from sandbox.kit.change import Creation, Reader
from sandbox.kit.identity import Principal
from sandbox.kit.ids import mint
from sandbox.kit.links import leads_to, link
from sandbox.kit.models import Identifier
from sandbox.kit.moment import GivenMoment
from sandbox.kit.paging import Paging
from sandbox.kit.problem import responses
from sandbox.kit.resource import Filter
from sandbox.kit.worker import WorkerDep
from sandbox.services.event_processor import seeding, store
from sandbox.services.event_processor.correlator import BOUND_S
from sandbox.services.event_processor.domain import Kind, Severity
from sandbox.services.event_processor.models import (
    BatchAnswer,
    BatchItem,
    Correlation,
    CorrelationPage,
    Event,
    EventPage,
    Lag,
    NewBatch,
    NewEvent,
)

router = APIRouter(prefix="/v1", tags=["events"])


EventId = Annotated[Identifier, Path(examples=[seeding.KNOWN_EVENT])]
CorrelationId = Annotated[Identifier, Path(examples=[seeding.KNOWN_CORRELATION])]


async def event_filter(
    asset_id: Annotated[Identifier | None, Query(alias="assetId", examples=[seeding.KNOWN_ASSET])] = None,
    severity: Severity | None = None,
    kind: Kind | None = None,
    occurred_after: Annotated[GivenMoment | None, Query(alias="occurredAfter")] = None,
) -> Filter:
    given = {"asset_id = ?": asset_id, "severity = ?": severity, "kind = ?": kind}
    return {**given, "occurred_at >= ?": occurred_after}


async def correlation_filter(
    asset_id: Annotated[Identifier | None, Query(alias="assetId", examples=[seeding.KNOWN_ASSET])] = None,
    changed_after: Annotated[int, Query(alias="changedAfter", ge=0, le=2**53)] = 0,
) -> Filter:
    return {"asset_id = ?": asset_id, "? < revision": changed_after}


@router.post(
    "/events",
    status_code=202,
    summary="Take an event in; it is correlated in the background",
    responses=leads_to(202, link("get_event", event_id="/id")) | responses(409),
)
def ingest_event(body: NewEvent, change: Creation, worker: WorkerDep) -> Event:
    event = _received(body, change.principal)
    with change.write() as connection:
        store.insert_events(connection, change.tenant, [event])
        change.note(connection, "event.ingested", event.id, asset=event.asset_id)
        change.keep(connection, 202, event)
    worker.wake()
    return event


@router.post(
    "/events:batch",
    status_code=207,
    summary="Take events in, each judged by itself",
    responses=responses(409),
)
def ingest_batch(body: NewBatch, change: Creation, worker: WorkerDep) -> BatchAnswer:
    judged = [_judged(document, change.principal) for document in body.events]
    events = [event for event in judged if isinstance(event, Event)]
    answer = BatchAnswer(
        items=[_item(index, outcome) for index, outcome in enumerate(judged)],
        accepted=len(events),
        refused=len(judged) - len(events),
    )
    with change.write() as connection:
        store.insert_events(connection, change.tenant, events)
        if events:
            change.note(connection, "event.batch_ingested", events[0].id, count=len(events))
        change.keep(connection, 207, answer)
    worker.wake()
    return answer


@router.get("/events", summary="Events, newest first")
def list_events(reader: Reader, page: Paging, wanted: Annotated[Filter, Depends(event_filter)]) -> EventPage:
    return EventPage(**reader.page(store.EVENTS, page, wanted))


@router.get(
    "/events/{event_id}",
    summary="One event and the correlation that tells it",
    responses=responses(404),
)
def get_event(event_id: EventId, reader: Reader) -> Event:
    return reader.known(store.EVENTS, event_id)


@router.get(
    "/correlations",
    summary="Correlations that changed after a revision, in the order of their changes",
)
def list_correlations(
    reader: Reader, page: Paging, wanted: Annotated[Filter, Depends(correlation_filter)]
) -> CorrelationPage:
    return CorrelationPage(**reader.page(store.CORRELATIONS, page, wanted))


@router.get(
    "/correlations/{correlation_id}",
    summary="One correlation and its events",
    responses=responses(404) | leads_to(200, link("get_event", event_id="/eventIds/0")),
)
def get_correlation(correlation_id: CorrelationId, reader: Reader) -> Correlation:
    return reader.known(store.CORRELATIONS, correlation_id)


@router.get("/lag", summary="How far correlation is behind")
def get_lag(reader: Reader) -> Lag:
    with reader.store.read() as connection:
        pending, oldest = store.pending_state(connection, reader.tenant)
    age = 0.0 if oldest is None else max(0.0, time.time() - oldest)
    return Lag(
        pending=pending,
        oldest_pending_seconds=round(age, 3),
        bound_seconds=BOUND_S,
        is_within_bound=age <= BOUND_S,
    )


def _received(body: NewEvent, principal: Principal) -> Event:
    now = time.time_ns() // 1_000_000 / 1000
    return Event(
        **body.model_dump(by_alias=False, exclude={"occurred_at"}),
        id=mint("evt", now),
        occurred_at=now if body.occurred_at is None else min(body.occurred_at, now),
        received_at=now,
        submitted_by=principal.actor,
        status="pending",
        correlation_id=None,
    )


def _judged(document: dict[str, Any], principal: Principal) -> Event | str:
    """The event, or why the document is not one."""
    try:
        return _received(NewEvent.model_validate(document), principal)
    except ValidationError as error:
        first = error.errors()[0]
        place = next((step for step in first["loc"] if step in _FIELDS), "the event")
        return f"{place}: {first['type'].replace('_', ' ')}"


def _item(index: int, outcome: Event | str) -> BatchItem:
    if isinstance(outcome, str):
        return BatchItem(index=index, status=422, detail=outcome)
    return BatchItem(index=index, status=202, id=outcome.id)


_FIELDS = frozenset(NewEvent.model_json_schema()["properties"])
