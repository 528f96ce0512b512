"""`gate incident open|status|close`: how bad it is, who is due now, who was told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gates import wiring
from gates.adapters.machine.writable import writing
from gates.aside import aside
from gates.cli.command import actor, chosen
from gates.cli.options import environment_option
from gates.cli.reports import Report, reporting, say
from gates.cli.texts import NOTE, TITLE
from gates.errors import ConfigurationError, LedgerError, UsageError
from gates.model.exit_code import ExitCode
from gates.model.likeness import refuse_unknown

if TYPE_CHECKING:
    from datetime import datetime

    from gates.adapters.ledger.incident_ledger import IncidentLedger
    from gates.adapters.notifications.channel_sender import ChannelSender
    from gates.model.incident import Due, Incident, NoticeResult
    from gates.reporting.layout import Line

_CLOSING = "closed"


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

    desk = IncidentWorkflow(env)
    rules = desk.context.platform.policy.alerts
    _check_alerts(alerts, [rule.name for rule in rules])
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
        services=chosen(services, desk.context.platform) if services else (),
        opened_at=now,
        opened_by=actor(),
    )
    begun = same_as(found, desk.open_ones())
    if begun is not None:
        click.echo(f"already open: {begun.id}")
        return desk.tell(begun)
    is_kept = desk.keep(found)
    code = _announced(desk, found)
    return code if is_kept else ExitCode.ACTION_FAILED


@incident.command()
@environment_option
@click.option("--all", "shows_all", is_flag=True, help="Closed ones as well.")
@reporting
def status(env: str, *, shows_all: bool) -> Report:
    """Show every open incident and who is due; notify whoever was not notified yet.

    This is a report: exit 0 with and without open incidents, 12 when somebody could not be notified.
    """
    desk = IncidentWorkflow(env)
    found = desk.ledger.incidents(only_open=not shows_all)
    told = [desk.told(one) for one in found]
    return Report(
        code=max((code for _, code in told), default=ExitCode.GO),
        lines=[line for lines, _ in told for line in lines],
        document={"environment": env, "incidents": [desk.entry(one) for one in found]},
        empty=f"no incident is open in {env}",
    )


@incident.command()
@click.argument("incident_id", metavar="INCIDENT")
@click.option("--note", type=NOTE, required=True, help="What it was and what ended it.")
@environment_option
def close(incident_id: str, note: str, env: str) -> ExitCode:
    """Close INCIDENT and tell everybody who was told of it."""
    desk = IncidentWorkflow(env)
    found = {one.id: one for one in desk.ledger.incidents(only_open=False)}
    if incident_id not in found:
        raise UsageError(f"there is no incident {incident_id} in {env}", next_step="gate incident status")
    closed = desk.ledger.close(found[incident_id], by=actor(), resolution=note, now=desk.now())
    return _announced(desk, closed)


def _announced(desk: IncidentWorkflow, incident: Incident) -> ExitCode:
    """Write the drafts, notify, and say where the drafts are; neither waits for the other to succeed."""
    drafts: list[Path] = []
    with aside("writing the drafts"):
        drafts = desk.draft(incident)
    code = desk.tell(incident)
    for path in drafts:
        click.echo(f"    draft: {path}")
    return code


def _check_alerts(alerts: Iterable[str], known: list[str]) -> None:
    refuse_unknown("alert", alerts, known)


@dataclass(frozen=True)
class IncidentWorkflow:
    """What the commands need of one environment."""

    env: str

    @cached_property
    def context(self) -> wiring.Context:
        """Its documents."""
        return wiring.Context(self.env)

    @cached_property
    def now(self) -> Callable[[], datetime]:
        """The time."""
        from gates.adapters.machine.clock import SystemClock  # noqa: PLC0415

        return SystemClock().now

    @cached_property
    def ledger(self) -> IncidentLedger:
        """What is remembered."""
        from gates.adapters.ledger.incident_ledger import IncidentLedger  # noqa: PLC0415

        return IncidentLedger(wiring.ledger_path(), self.env)

    def open_ones(self) -> tuple[Incident, ...]:
        """Return the open incidents; none when the ledger cannot say: telling twice is better than never."""
        try:
            return self.ledger.incidents()
        except LedgerError:
            return ()

    def keep(self, incident: Incident) -> bool:
        """Write the incident into the ledger; when that fails, say so and what follows, and return False."""
        try:
            self.ledger.save(incident)
        except LedgerError as error:
            click.echo(f"{incident.id} is NOT RECORDED: {error.diagnostics()}", err=True)
            click.echo(
                "  people who can be notified are notified now; later steps of its clock are not", err=True
            )
            return False
        return True

    @cached_property
    def notifier(self) -> ChannelSender:
        """The ways to tell somebody."""
        from gates.adapters.machine.clock import SystemClock  # noqa: PLC0415
        from gates.adapters.notifications.channel_sender import ChannelSender  # noqa: PLC0415

        references = dict(self.context.environment.notifications)
        return ChannelSender(self.context.platform.channels, references, SystemClock())

    @cached_property
    def trouble(self) -> str:
        """Why nobody can be notified here: what the environment's document leads to is not there."""
        try:
            self.context.environment  # noqa: B018 - reading it is the question
        except ConfigurationError as error:
            return error.diagnostics()
        return ""

    def tell(self, incident: Incident) -> ExitCode:
        """Print the incident and its clock, notify whoever is due and was not; return 12 when that failed."""
        lines, code = self.told(incident)
        say(*lines)
        return code

    def told(self, incident: Incident) -> tuple[list[Line], ExitCode]:
        """Notify whoever is due and was not; return the incident as lines, and 12 when that failed."""
        from gates.decision.incident import clock  # noqa: PLC0415
        from gates.model.incident import NoticeState  # noqa: PLC0415
        from gates.reporting.incident import call_lines, notice_lines, status_lines  # noqa: PLC0415

        now, platform = self.now(), self.context.platform
        dues = clock(incident, platform.policy.escalation, now)
        lines: list[Line] = [*status_lines(incident, dues, now)]
        if self.trouble:
            lines += [f"    NOT NOTIFIED: {self.trouble}", *call_lines(platform.contacts)]
            return lines, ExitCode.ACTION_FAILED
        environment = self.context.environment
        results = self._told(incident, dues) if environment.notifications else ()
        failed = [one for one in results if one.state is NoticeState.FAILED]
        if environment.notifications:
            lines += notice_lines(results) or ["    no new person to notify"]
        else:
            lines.append(f"    {self.env} names no channel for notices")
        if incident.is_open and (failed or not environment.notifications):
            lines += call_lines(environment.documentation.contacts or platform.contacts)
        return lines, ExitCode.ACTION_FAILED if failed else ExitCode.GO

    def entry(self, incident: Incident) -> dict[str, object]:
        """Return the incident for a program."""
        from gates.decision.incident import clock  # noqa: PLC0415

        dues = clock(incident, self.context.platform.policy.escalation, self.now())
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

    def _told(self, incident: Incident, dues: tuple[Due, ...]) -> tuple[NoticeResult, ...]:
        from gates.model.incident import Notice  # noqa: PLC0415
        from gates.reporting.incident import closing_text, notice_text  # noqa: PLC0415

        texts = {due.step.action: notice_text(incident, due) for due in dues if due.is_reached}
        if not incident.is_open:
            texts = {_CLOSING: closing_text(incident)}
        wanted = [
            Notice(incident=incident.id, step=step, channel=channel, text=text)
            for step, text in texts.items()
            for channel, _ in self.context.environment.notifications
        ]
        try:
            claimed = self.ledger.claim(wanted, self.now())
        except LedgerError:  # twice is better than never
            return self.notifier.send(wanted)
        results = self.notifier.send(claimed)
        with suppress(LedgerError):  # what is not recorded is told again
            self.ledger.record(results)
        return results

    def draft(self, incident: Incident) -> list[Path]:
        """Write the drafts for those outside, and return where."""
        from gates.reporting.incident import drafts  # noqa: PLC0415

        sources = sorted((wiring.platform_folder() / "templates").glob("*.md"))
        templates = {path.name: path.read_text(encoding="utf-8") for path in sources}
        folder = wiring.reports_folder() / "incidents" / incident.id
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in drafts(incident, templates).items():
                (folder / name).write_text(text, encoding="utf-8")
        return [folder / name for name in templates]
