"""`gate incident open|status|close`: how bad it is, who is due now, who was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gates import composition
from gates.aside import aside
from gates.cli.command import actor, chosen
from gates.cli.options import environment_option
from gates.cli.reports import Report, reporting, say
from gates.cli.texts import NOTE, TITLE
from gates.composition.incidents import incidents, write_drafts
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown

if TYPE_CHECKING:
    from gates.model.incident import Incident
    from gates.workflows.incident import IncidentWorkflow


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def incident() -> None:
    """Open an incident, see who is due, close it. Notifications go out once for each step and channel."""


@incident.command(name="open")
@click.argument("title", type=TITLE)
@click.option("--users/--no-users", required=True, help="Is the issue affecting users?")
@click.option("--critical/--no-critical", required=True, help="Are critical services impacted?")
@click.option("--data/--no-data", required=True, help="Is data integrity at risk?")
@click.option("--security/--no-security", required=True, help="Are security systems compromised?")
@click.option("--alert", "alerts", multiple=True, help="An alert of the policy that fired. Repeatable.")
@click.option("--service", "services", multiple=True, help="A service that it is about. Repeatable.")
@environment_option
def opened(
    title: str, env: str, *, alerts: tuple[str, ...], services: tuple[str, ...], **said: bool
) -> ExitCode:
    """Open an incident called TITLE: its priority follows from the four answers and the alerts."""
    from gates.decision.incident import priority_of, same_as  # noqa: PLC0415
    from gates.model.incident import Incident, TriageAnswers  # noqa: PLC0415

    desk = incidents(composition.Context(env))
    rules = desk.platform.policy.alerts
    refuse_unknown("alert", alerts, [rule.name for rule in rules])
    answers = TriageAnswers(
        affects_users=said["users"],
        affects_critical_services=said["critical"],
        endangers_data=said["data"],
        compromises_security=said["security"],
    )
    now = desk.now()
    found = Incident(
        id=desk.ledger.new_id(now),
        environment=env,
        title=title,
        priority=priority_of(answers, alerts, rules),
        answers=answers,
        alerts=alerts,
        services=chosen(services, desk.platform) if services else (),
        opened_at=now,
        opened_by=actor(),
    )
    begun = same_as(found, desk.open_ones())
    if begun is not None:
        click.echo(f"already open: {begun.id}")
        return tell(desk, begun)
    is_kept = keep(desk, found)
    code = _announced(desk, found)
    return code if is_kept else ExitCode.ACTION_FAILED


@incident.command()
@environment_option
@click.option("--all", "shows_all", is_flag=True, help="Closed ones as well.")
@reporting
def status(env: str, *, shows_all: bool) -> Report:
    """Show every open incident and who is due; notify the people who were not notified yet.

    This is a report: exit 0 with and without open incidents, 12 when a person could not be notified.
    """
    desk = incidents(composition.Context(env))
    found = desk.ledger.incidents(only_open=not shows_all)
    told = [desk.told(one) for one in found]
    return Report(
        code=max((code for _, code in told), default=ExitCode.GO),
        lines=[line for lines, _ in told for line in lines],
        document={"environment": env, "incidents": [_entry(desk, one) for one in found]},
        empty=f"no incident is open in {env}",
    )


@incident.command()
@click.argument("incident_id", metavar="INCIDENT")
@click.option("--note", type=NOTE, required=True, help="What it was and what ended it.")
@environment_option
def close(incident_id: str, note: str, env: str) -> ExitCode:
    """Close INCIDENT and notify the people who were notified of it."""
    desk = incidents(composition.Context(env))
    found = {one.id: one for one in desk.ledger.incidents(only_open=False)}
    if incident_id not in found:
        raise UsageError(f"there is no incident {incident_id} in {env}", next_step="gate incident status")
    closed = desk.ledger.close(found[incident_id], by=actor(), resolution=note, now=desk.now())
    return _announced(desk, closed)


def _announced(desk: IncidentWorkflow, incident: Incident) -> ExitCode:
    """Write the drafts, notify, and say where the drafts are; neither waits for the other to succeed."""
    drafts: list[str] = []
    with aside("writing the drafts"):
        drafts = write_drafts(incident)
    code = tell(desk, incident)
    for path in drafts:
        click.echo(f"    draft: {path}")
    return code


def keep(desk: IncidentWorkflow, incident: Incident) -> bool:
    """Keep the incident; when that fails, say so and what follows, and return False."""
    why_not = desk.keep(incident)
    if why_not:
        click.echo(f"{incident.id} is NOT RECORDED: {why_not}", err=True)
        click.echo(
            "  people who can be notified are notified now; later steps of its clock are not", err=True
        )
    return not why_not


def tell(desk: IncidentWorkflow, incident: Incident) -> ExitCode:
    """Notify whoever is due, print the incident and its clock; return 12 when that failed."""
    lines, code = desk.told(incident)
    say(*lines)
    return code


def _entry(desk: IncidentWorkflow, incident: Incident) -> dict[str, object]:
    """Return the incident for a program."""
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
            for due in desk.dues(incident)
        ],
    }
