"""What threat-detection takes and gives on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sandbox.kit.models import Identifier, Shape, ShortText
from sandbox.kit.moment import Moment
from sandbox.kit.paging import PageShape
from sandbox.services.threat_detection.domain import Severity, Status, TechniqueView

IndicatorKind = Literal["address", "domain", "hash", "name"]


class Threat(Shape):
    """What a correlation amounts to, and where people stand with it."""

    id: str
    title: str
    asset_id: str
    correlation_id: str
    event_ids: list[str]
    severity: Severity
    confidence: float
    """In 0..1."""
    technique: TechniqueView
    matched_indicators: list[str]
    status: Status
    assignee: str | None
    note: str
    first_seen: Moment
    last_seen: Moment
    detected_at: Moment
    updated_at: Moment


class ThreatPage(PageShape):
    """Threats in the order of their ids; `stale` when event-processor could not be asked for news."""

    items: list[Threat]
    freshness: Literal["current", "stale"]


class ThreatChange(Shape):
    """What is to change; what is not given stays."""

    status: Status | None = None
    assignee: Identifier | None = None
    note: Annotated[str, Field(max_length=1000)] | None = None


class AnalysisRequest(Shape):
    """The asset whose events are to be looked at now."""

    asset_id: Identifier


class Analysis(Shape):
    """What the events of an asset amount to."""

    asset_id: str
    correlations: int
    """How many correlations were looked at."""
    threats: list[Threat]


class NewIndicator(Shape):
    """A value that is known to be bad."""

    kind: IndicatorKind
    value: ShortText
    description: Annotated[str, Field(max_length=500)] = ""


class Indicator(Shape):
    """A value that is known to be bad, and who said so."""

    id: str
    kind: IndicatorKind
    value: str
    description: str
    created_by: str
    created_at: Moment


class IndicatorPage(PageShape):
    """Indicators, newest first."""

    items: list[Indicator]
