"""What event-processor takes and gives on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from sandbox.kit.models import Identifier, Shape, ShortText
from sandbox.kit.moment import GivenMoment, Moment
from sandbox.kit.paging import PageShape
from sandbox.services.event_processor.domain import Kind, Severity

MAX_BATCH = 500


class NewEvent(Shape):
    """A security event as a sensor reports it."""

    asset_id: Identifier
    kind: Kind
    severity: Severity
    summary: Annotated[str, Field(max_length=500)] = ""
    actor: Identifier | None = None
    indicators: list[ShortText] = Field(default_factory=list, max_length=20)
    """Values that were seen: addresses, names, hashes."""
    occurred_at: GivenMoment | None = None
    """When it happened; the time of receipt when it is not given or lies in the future."""


class Event(Shape):
    """A security event as it is kept."""

    id: str
    asset_id: str
    kind: Kind
    severity: Severity
    summary: str
    actor: str | None
    indicators: list[str]
    occurred_at: Moment
    received_at: Moment
    submitted_by: str
    status: Literal["pending", "correlated"]
    correlation_id: str | None


class NewBatch(Shape):
    """Events to take in; each is judged by itself, so one bad event does not refuse the others."""

    events: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_BATCH)]


class BatchItem(Shape):
    """What became of one event of a batch: 202 with its id, or 422 with the reason."""

    index: int
    status: Literal[202, 422]
    id: str | None = None
    detail: str | None = None


class BatchAnswer(Shape):
    """What became of each event, in the order in which they were sent."""

    items: list[BatchItem]
    accepted: int
    refused: int


class EventPage(PageShape):
    """Events, newest first."""

    items: list[Event]


class Correlation(Shape):
    """Events of one asset that tell one story."""

    id: str
    asset_id: str
    pattern: str
    severity: Severity
    kinds: list[Kind]
    event_ids: list[str]
    indicators: list[str]
    first_seen: Moment
    last_seen: Moment
    revision: int
    """Grows with every change of any correlation of the tenant; ask for what changed after it."""


class CorrelationPage(PageShape):
    """Correlations in the order of their last change."""

    items: list[Correlation]


class Lag(Shape):
    """How far correlation is behind."""

    pending: int
    oldest_pending_seconds: float
    bound_seconds: float
    is_within_bound: bool
