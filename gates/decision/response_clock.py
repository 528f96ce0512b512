"""The deadline of a decision, and which role is notified when it has passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gates.model.decision import Deadline, Decision
from gates.model.platform import EscalationStep, MaintenanceWindow

_WEEK = timedelta(days=7)


def due(decided_at: datetime, response_time: timedelta | None, window: MaintenanceWindow) -> datetime:
    """Return when a decision has to be carried out: after its response time, or in the next maintenance."""
    return decided_at + response_time if response_time is not None else next_start(window, decided_at)


def next_start(window: MaintenanceWindow, after: datetime) -> datetime:
    """Return the first start of the weekly window at or after a moment, in UTC."""
    day = after.astimezone(UTC)
    start = day.replace(hour=window.hour, minute=0, second=0, microsecond=0)
    start += timedelta(days=(window.weekday - day.weekday()) % 7)
    return start if start >= day else start + _WEEK


def deadline(decision: Decision, now: datetime, escalation: Sequence[EscalationStep]) -> Deadline | None:
    """Return how a decision stands, or None when it has no clock.

    Until it is late it is its authority's turn; then it escalates by the time since it was made, as an
    incident does.
    """
    if decision.due is None or decision.decided_at is None:
        return None
    left = (decision.due - now).total_seconds()
    waited = now - decision.decided_at
    reached = [step.role for step in escalation if step.after <= waited]
    is_escalated = left < 0 and reached
    return Deadline(left_s=left, turn_of=reached[-1] if is_escalated else decision.authority or "no role")
