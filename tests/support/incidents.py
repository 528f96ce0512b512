"""An incident of the shipped platform's policy."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from gates.adapters.documents.documents import load_platform
from gates.model.criterion import Priority
from gates.model.incident import Incident, TriageAnswers

POLICY = load_platform(Path(__file__).parents[2] / "platforms" / "isectech").policy
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
CALM = TriageAnswers(
    affects_users=False, affects_critical_services=False, endangers_data=False, compromises_security=False
)


def incident(closed_at: datetime | None = None) -> Incident:
    """Return an incident that began at BEGAN."""
    return Incident(
        id="inc",
        environment="sandbox",
        title="t",
        priority=Priority.P1,
        answers=CALM,
        alerts=(),
        services=(),
        opened_at=BEGAN,
        opened_by="ann",
        closed_at=closed_at,
    )
