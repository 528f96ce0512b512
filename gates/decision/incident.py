"""How urgent an incident is, and who is due since when. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gates.model.criterion import Priority
from gates.model.incident import Due, Incident, TriageAnswers
from gates.model.platform import Alert, EscalationStep


def priority_of(answers: TriageAnswers, alerts: Iterable[str], rules: Iterable[Alert]) -> Priority:
    """Return the most urgent priority that the answers or an alert demand.

    Data or security in danger is P0, and so are users who miss a critical service. One of these two alone
    is P1. The alerts say their own priority.

    Raises:
        KeyError: an alert is not in the rules.
    """
    of_alert = {rule.name: rule.priority for rule in rules}
    return min((_answered(answers), *(of_alert[name] for name in alerts)), key=_order)


def _answered(answers: TriageAnswers) -> Priority:
    both = answers.affects_users, answers.affects_critical_services
    if answers.endangers_data or answers.compromises_security or all(both):
        return Priority.P0
    return Priority.P1 if any(both) else Priority.P3


def _order(priority: Priority) -> int:
    return list(Priority).index(priority)


def clock(incident: Incident, steps: Iterable[EscalationStep], now: datetime) -> tuple[Due, ...]:
    """Return every step of the escalation with its time; a closed incident reaches no further one."""
    until = incident.closed_at or now
    ordered = sorted(steps, key=lambda step: step.after)
    return tuple(
        Due(
            step=step, at=incident.opened_at + step.after, is_reached=incident.opened_at + step.after <= until
        )
        for step in ordered
    )


def same_as(incident: Incident, others: Iterable[Incident]) -> Incident | None:
    """Return the open incident that says the same already: title, priority and services."""

    def said(one: Incident) -> tuple[str, Priority, tuple[str, ...]]:
        return " ".join(one.title.casefold().split()), one.priority, tuple(sorted(one.services))

    return next((one for one in others if one.is_open and said(one) == said(incident)), None)
