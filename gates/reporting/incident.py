"""The texts of an incident: messages to the team, lines for the terminal, drafts for customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from string import Template

from gates.model.documentation import Contact
from gates.model.incident import Due, Incident, NoticeResult


def notice_text(incident: Incident, due: Due) -> str:
    """Return the message for one step of the escalation."""
    about = ", ".join(incident.services) or "the platform"
    return (
        f"{incident.priority} {incident.title} ({incident.environment}: {about}). "
        f"{due.step.action}: {due.step.role}. Since {incident.opened_at:%H:%M} UTC, incident {incident.id}."
    )


def closing_text(incident: Incident) -> str:
    """Return the message that an incident is closed."""
    return f"{incident.priority} {incident.title}: closed by {incident.closed_by}. {incident.resolution}"


def status_lines(incident: Incident, dues: Sequence[Due], now: datetime) -> list[str]:
    """Return the incident and the steps of its escalation, one line each; no steps for a closed incident."""
    minutes = int(((incident.closed_at or now) - incident.opened_at).total_seconds() // 60)
    state = "open" if incident.is_open else f"closed by {incident.closed_by}"
    lines = [f"{incident.id}  {incident.priority}  {state}, {minutes} min  {incident.title}"]
    for due in dues if incident.is_open else ():
        mark = "due since" if due.is_reached else "due at   "
        lines.append(f"    {mark} {due.at:%H:%M:%S}  {due.step.role}: {due.step.action}")
    return lines


def notice_lines(results: Iterable[NoticeResult]) -> list[str]:
    """Return one line for each notification that was tried."""
    return [
        f"    {one.state}  {one.notice.channel}, {one.notice.step}{f': {one.detail}' if one.detail else ''}"
        for one in results
    ]


def entry(incident: Incident, dues: Sequence[Due]) -> dict[str, object]:
    """Return an incident for a program."""
    return {
        "id": incident.id,
        "title": incident.title,
        "priority": incident.priority,
        "services": list(incident.services),
        "is_open": incident.is_open,
        "opened_at": incident.opened_at.isoformat(),
        "closed_at": incident.closed_at.isoformat() if incident.closed_at else None,
        "due": [
            {
                "role": due.step.role,
                "action": due.step.action,
                "at": due.at.isoformat(),
                "is_reached": due.is_reached,
            }
            for due in dues
        ],
    }


def call_lines(contacts: Sequence[Contact]) -> list[str]:
    """Return the contacts to call: those on call, or all with a phone number if no one on call has one."""
    reachable = [one for one in contacts if one.phone]
    on_call = [one for one in reachable if one.group == "on-call"] or reachable
    return [f"    call: {one.name} {one.phone}" for one in on_call] or [
        "    call: no contact of the platform has a number"
    ]


def drafts(incident: Incident, templates: Mapping[str, str]) -> dict[str, str]:
    """Return each template with the incident's values filled in.

    Raises:
        KeyError: a template has a placeholder that does not exist.
    """
    values = {
        "title": incident.title,
        "priority": str(incident.priority),
        "environment": incident.environment,
        "services": ", ".join(incident.services) or "the platform",
        "opened": f"{incident.opened_at:%Y-%m-%d %H:%M} UTC",
        "state": "resolved" if not incident.is_open else "being worked on",
        "resolution": incident.resolution or "We will say more as soon as we know more.",
        "id": incident.id,
    }
    return {name: Template(text).substitute(values) for name, text in templates.items()}
