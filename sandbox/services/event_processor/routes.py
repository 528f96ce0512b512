"""The operations of event-processor."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError

from sandbox.kit.change import Change, creating
from sandbox.kit.identity import SERVICE, Principal, at_least, required
from sandbox.kit.ids import mint
from sandbox.kit.links import leads_to, link
from sandbox.kit.models import Identifier
from sandbox.kit.moment import GivenMoment
from sandbox.kit.paging import Cursor, Limit, cut, key_after
from sandbox.kit.problem import Problem, responses
from sandbox.kit.runtime import StoreDep
from sandbox.services.event_processor import seeding, store
from sandbox.services.event_processor.correlator import BOUND_S, Correlator
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

Reader = Annotated[Principal, Depends(required(*at_least("viewer"), SERVICE))]
Intake = Annotated[Change, Depends(creating(*at_least("analyst")))]

EventId = Annotated[Identifier, Path(examples=[seeding.KNOWN_EVENT])]
CorrelationId = Annotated[Identifier, Path(examples=[seeding.KNOWN_CORRELATION])]


def correlator_of(request: Request) -> Correlator:
    """The app's correlator."""
    correlator: Correlator = request.app.state.correlator
    return correlator


CorrelatorDep = Annotated[Correlator, Depends(correlator_of)]


def event_filter(
    asset_id: Annotated[Identifier | None, Query(alias="assetId", examples=[seeding.KNOWN_ASSET])] = None,
    severity: Severity | None = None,
    kind: Kind | None = None,
    occurred_after: Annotated[GivenMoment | None, Query(alias="occurredAfter")] = None,
) -> store.EventFilter:
    """Which events a list is about."""
    return store.EventFilter(asset_id=asset_id, severity=severity, kind=kind, occurred_after=occurred_after)


def correlation_filter(
    asset_id: Annotated[Identifier | None, Query(alias="assetId", examples=[seeding.KNOWN_ASSET])] = None,
    changed_after: Annotated[int, Query(alias="changedAfter", ge=0, le=2**53)] = 0,
) -> store.CorrelationFilter:
    """Which correlations a list is about."""
    return store.CorrelationFilter(asset_id=asset_id, changed_after=changed_after)


@router.post(
    "/events",
    status_code=202,
    summary="Take an event in; it is correlated in the background",
    responses=leads_to(202, link("get_event", event_id="/id")) | responses(409),
)
def ingest_event(
    body: NewEvent,
    change: Intake,
    correlator: CorrelatorDep,
) -> Event:
    event = _received(body, change.principal)
    with change.write() as connection:
        store.insert_events(connection, change.tenant, [event])
        change.note(connection, "event.ingested", event.id, asset=event.asset_id)
        change.keep(connection, 202, event)
    correlator.wake()
    return event


@router.post(
    "/events:batch",
    status_code=207,
    summary="Take events in, each judged by itself",
    responses=responses(409),
)
def ingest_batch(
    body: NewBatch,
    change: Intake,
    correlator: CorrelatorDep,
) -> BatchAnswer:
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
    correlator.wake()
    return answer


@router.get(
    "/events",
    summary="Events, newest first",
)
def list_events(
    principal: Reader,
    database: StoreDep,
    wanted: Annotated[store.EventFilter, Depends(event_filter)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> EventPage:
    with database.read() as connection:
        rows = store.events_before(connection, principal.tenant, wanted, key_after(cursor), limit + 1)
    items, following = cut(rows, limit, lambda event: event.id)
    return EventPage(items=list(items), next_cursor=following)


@router.get(
    "/events/{event_id}",
    summary="One event and the correlation that tells it",
    responses=responses(404),
)
def get_event(event_id: EventId, principal: Reader, database: StoreDep) -> Event:
    with database.read() as connection:
        event = store.event_of(connection, principal.tenant, event_id)
    if event is None:
        raise Problem(404, "There is no event of that id.", code="event_unknown")
    return event


@router.get(
    "/correlations",
    summary="Correlations that changed after a revision, in the order of their changes",
)
def list_correlations(
    principal: Reader,
    database: StoreDep,
    wanted: Annotated[store.CorrelationFilter, Depends(correlation_filter)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> CorrelationPage:
    after = _revision(key_after(cursor))
    with database.read() as connection:
        rows = store.correlations_after(connection, principal.tenant, wanted, after, limit + 1)
    items, following = cut(rows, limit, lambda correlation: str(correlation.revision))
    return CorrelationPage(items=list(items), next_cursor=following)


@router.get(
    "/correlations/{correlation_id}",
    summary="One correlation and its events",
    responses=responses(404) | leads_to(200, link("get_event", event_id="/eventIds/0")),
)
def get_correlation(correlation_id: CorrelationId, principal: Reader, database: StoreDep) -> Correlation:
    with database.read() as connection:
        correlation = store.correlation_of(connection, principal.tenant, correlation_id)
    if correlation is None:
        raise Problem(404, "There is no correlation of that id.", code="correlation_unknown")
    return correlation


@router.get("/lag", summary="How far correlation is behind")
def get_lag(principal: Reader, database: StoreDep) -> Lag:
    with database.read() as connection:
        pending, oldest = store.pending_state(connection, principal.tenant)
    age = 0.0 if oldest is None else max(0.0, time.time() - oldest)
    return Lag(
        pending=pending,
        oldest_pending_seconds=round(age, 3),
        bound_seconds=BOUND_S,
        is_within_bound=age <= BOUND_S,
    )


def _received(body: NewEvent, principal: Principal) -> Event:
    now = time.time()
    return Event(
        id=mint("evt"),
        asset_id=body.asset_id,
        kind=body.kind,
        severity=body.severity,
        summary=body.summary,
        actor=body.actor,
        indicators=body.indicators,
        occurred_at=now if body.occurred_at is None else min(body.occurred_at, now),
        received_at=now,
        submitted_by=principal.actor,
        status="pending",
        correlation_id=None,
    )


def _judged(document: dict[str, Any], principal: Principal) -> Event | str:
    """The event, or why the document is none."""
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


def _revision(text: str) -> int:
    """The revision in a cursor; a cursor that is none starts at the beginning."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0


_FIELDS = frozenset(NewEvent.model_json_schema()["properties"])
