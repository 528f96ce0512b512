"""`gate incident open|status|close`: its priority, its clock, and its notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gates import composition
from gates.aside import aside
from gates.cli.options import Service, in_context
from gates.cli.reports import Report, reporting, say
from gates.cli.texts import NOTE, TITLE
from gates.composition import actor
from gates.composition.incidents import incidents, write_drafts
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from gates.model.incident import TriageAnswers
from gates.reporting.incident import entry

if TYPE_CHECKING:
    from gates.model.incident import Incident
    from gates.workflows.incident import IncidentWorkflow


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def incident() -> None:
    """Open an incident, see who is due, close it. Notifications go out once for each step and channel."""


@incident.command(name="open")
@in_context
@click.argument("title", type=TITLE)
@click.option("--users/--no-users", required=True, help="Is the issue affecting users?")
@click.option("--critical/--no-critical", required=True, help="Are critical services impacted?")
@click.option("--data/--no-data", required=True, help="Is data integrity at risk?")
@click.option("--security/--no-security", required=True, help="Are security systems compromised?")
@click.option("--alert", "alerts", multiple=True, help="An alert of the policy that fired. Repeatable.")
@click.option(
    "--service", "services", type=Service(), multiple=True, help="A service that it is about. Repeatable."
)
def opened(
    context: composition.Context,
    title: str,
    alerts: tuple[str, ...],
    services: tuple[str, ...],
    *,
    users: bool,
    critical: bool,
    data: bool,
    security: bool,
) -> ExitCode:
    """Open an incident called TITLE: its priority follows from the four answers and the alerts."""
    desk = incidents(context)
    answers = TriageAnswers(
        affects_users=users,
        affects_critical_services=critical,
        endangers_data=data,
        compromises_security=security,
    )
    found = desk.new(title, answers, alerts, services, by=actor())
    begun = desk.same_as(found)
    if begun is not None:
        click.echo(f"already open: {begun.id}")
        return notify(desk, begun)
    is_kept = record(desk, found)
    code = _announced(desk, found)
    return code if is_kept else ExitCode.ACTION_FAILED


@incident.command()
@in_context
@click.option("--all", "shows_all", is_flag=True, help="Closed ones as well.")
@reporting
def status(context: composition.Context, *, shows_all: bool) -> Report:
    """Show every open incident and who is due; notify the people who were not notified yet.

    This is a report: exit 0 with and without open incidents, 12 when a person could not be notified.
    """
    desk = incidents(context)
    found = desk.ledger.incidents(only_open=not shows_all)
    told = [desk.told(one) for one in found]
    return Report(
        code=max((code for _, code in told), default=ExitCode.GO),
        lines=[line for lines, _ in told for line in lines],
        document={"environment": desk.env, "incidents": [entry(one, desk.dues(one)) for one in found]},
        empty=f"no incident is open in {desk.env}",
    )


@incident.command()
@in_context
@click.argument("incident_id", metavar="INCIDENT")
@click.option("--note", type=NOTE, required=True, help="What it was and what ended it.")
def close(context: composition.Context, incident_id: str, note: str) -> ExitCode:
    """Close INCIDENT and notify the people who were notified of it."""
    desk = incidents(context)
    found = {one.id: one for one in desk.ledger.incidents(only_open=False)}
    if incident_id not in found:
        raise UsageError(
            f"there is no incident {incident_id} in {desk.env}", next_step="gate incident status"
        )
    closed = desk.ledger.close(found[incident_id], by=actor(), resolution=note, now=desk.now())
    return _announced(desk, closed)


def _announced(desk: IncidentWorkflow, incident: Incident) -> ExitCode:
    """Write the drafts, notify, and say where the drafts are; neither waits for the other to succeed."""
    drafts: list[str] = []
    with aside("writing the drafts"):
        drafts = write_drafts(incident)
    code = notify(desk, incident)
    for path in drafts:
        click.echo(f"    draft: {path}")
    return code


def record(desk: IncidentWorkflow, incident: Incident) -> bool:
    """Record the incident and return True; print why it could not be recorded, and what follows."""
    why_not = desk.keep(incident)
    if why_not:
        click.echo(f"{incident.id} is NOT RECORDED: {why_not}", err=True)
        click.echo(
            "  people who can be notified are notified now; later steps of its clock are not", err=True
        )
    return not why_not


def notify(desk: IncidentWorkflow, incident: Incident) -> ExitCode:
    """Notify the roles that are due, print the incident and its clock; return 12 if a notification failed."""
    lines, code = desk.told(incident)
    say(*lines)
    return code
