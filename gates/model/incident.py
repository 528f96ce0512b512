"""An incident: its priority, its start, and its notifications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gates.model.criterion import Priority
from gates.model.platform import EscalationStep


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageAnswers:
    """The four questions of the first five minutes, answered with yes or no."""

    affects_users: bool
    affects_critical_services: bool
    endangers_data: bool
    compromises_security: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident; open until it is closed.

    Raises:
        ValueError: a time has no zone.
    """

    id: str
    environment: str
    title: str
    priority: Priority
    answers: TriageAnswers | None
    """None if the gate opened it about a decision: then no questions were asked."""
    alerts: tuple[str, ...]
    services: tuple[str, ...]
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    closed_by: str = ""
    resolution: str = ""

    def __post_init__(self) -> None:
        if any(at is not None and at.utcoffset() is None for at in (self.opened_at, self.closed_at)):
            raise ValueError("the times of an incident carry a zone")

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One step of the escalation for one incident."""

    step: EscalationStep
    at: datetime
    is_reached: bool


class NoticeState(StrEnum):
    """The state of a notification."""

    SENT = "SENT"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one channel about one step; sent once."""

    incident: str
    step: str
    channel: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeResult:
    """The result of a notice; a failed one is recorded and sent again by the next look."""

    notice: Notice
    state: NoticeState
    detail: str
    at: datetime
