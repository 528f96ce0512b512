"""An incident: recorded, escalated step by step with one notification each, with drafts for customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gates.decision.incident import clock, priority_of, same_as
from gates.errors import ConfigurationError, LedgerError
from gates.model.exit_code import ExitCode
from gates.model.incident import Due, Incident, Notice, NoticeResult, NoticeState, TriageAnswers
from gates.model.likeness import refuse_unknown
from gates.model.platform import Environment, Platform
from gates.reporting.incident import (
    call_lines,
    closing_text,
    notice_lines,
    notice_text,
    status_lines,
)
from gates.reporting.layout import Line

_CLOSING = "closed"


class IncidentBook(Protocol):
    """Remembers incidents and their notifications. Every method but `new_id` raises LedgerError."""

    def new_id(self, now: datetime) -> str:
        """Return an id that is not in use."""

    def incidents(self, *, only_open: bool = True) -> tuple[Incident, ...]:
        """Return the incidents, the oldest first."""

    def save(self, incident: Incident) -> None:
        """Keep the incident as it is now."""

    def close(self, incident: Incident, *, by: str, resolution: str, now: datetime) -> Incident:
        """Close the incident and return it closed."""

    def claim(self, notices: Sequence[Notice], now: datetime) -> tuple[Notice, ...]:
        """Return the notices that no process has sent or is sending."""

    def record(self, results: Sequence[NoticeResult]) -> None:
        """Remember the results."""


class Sender(Protocol):
    """Sends notices; the result of each says whether it was sent."""

    def send(self, notices: Sequence[Notice]) -> tuple[NoticeResult, ...]:
        """Return one result for each notice."""


@dataclass(frozen=True, kw_only=True)
class IncidentWorkflow:
    """Records and escalates the incidents of one environment, also if its document cannot be read."""

    env: str
    platform: Platform
    environment: Callable[[], Environment]
    ledger: IncidentBook
    sender: Callable[[], Sender]
    now: Callable[[], datetime]

    def new(
        self,
        title: str,
        answers: TriageAnswers,
        alerts: Sequence[str],
        services: Sequence[str],
        *,
        by: str,
    ) -> Incident:
        """Return an incident of now, which is not kept yet; its priority follows from answers and alerts.

        Raises:
            UsageError: the policy has no such alert.
        """
        rules, now = self.platform.policy.alerts, self.now()
        refuse_unknown("alert", alerts, [rule.name for rule in rules])
        return Incident(
            id=self.ledger.new_id(now),
            environment=self.env,
            title=title,
            priority=priority_of(answers, alerts, rules),
            answers=answers,
            alerts=tuple(alerts),
            services=tuple(services),
            opened_at=now,
            opened_by=by,
        )

    def same_as(self, incident: Incident) -> Incident | None:
        """Return the open incident that says the same; none if the ledger cannot be read.

        A notification may then repeat.
        """
        try:
            return same_as(incident, self.ledger.incidents())
        except LedgerError:
            return None

    def keep(self, incident: Incident) -> str:
        """Write the incident into the ledger; return why it is not recorded, empty when it is."""
        try:
            self.ledger.save(incident)
        except LedgerError as error:
            return error.diagnostics()
        return ""

    def told(self, incident: Incident) -> tuple[list[Line], ExitCode]:
        """Notify the roles that are due and were not notified; return the lines, and 12 if that failed."""
        now = self.now()
        dues = clock(incident, self.platform.policy.escalation, now)
        lines: list[Line] = [*status_lines(incident, dues, now)]
        try:
            environment = self.environment()
        except (
            ConfigurationError
        ) as error:  # a file that the document names is not there: no channel can be used
            lines += [f"    NOT NOTIFIED: {error.diagnostics()}", *call_lines(self.platform.contacts)]
            return lines, ExitCode.ACTION_FAILED
        results = self._told(incident, dues, environment) if environment.notifications else ()
        failed = [one for one in results if one.state is NoticeState.FAILED]
        if environment.notifications:
            lines += notice_lines(results) or ["    no new person to notify"]
        else:
            lines.append(f"    {self.env} names no channel for notices")
        if incident.is_open and (failed or not environment.notifications):
            lines += call_lines(environment.documentation.contacts or self.platform.contacts)
        return lines, ExitCode.ACTION_FAILED if failed else ExitCode.GO

    def dues(self, incident: Incident) -> tuple[Due, ...]:
        """Return the steps of its clock as they stand now."""
        return clock(incident, self.platform.policy.escalation, self.now())

    def _told(
        self, incident: Incident, dues: tuple[Due, ...], environment: Environment
    ) -> tuple[NoticeResult, ...]:
        texts = {due.step.action: notice_text(incident, due) for due in dues if due.is_reached}
        if not incident.is_open:
            texts = {_CLOSING: closing_text(incident)}
        wanted = [
            Notice(incident=incident.id, step=step, channel=channel, text=text)
            for step, text in texts.items()
            for channel, _ in environment.notifications
        ]
        sender = self.sender()
        try:
            claimed = self.ledger.claim(wanted, self.now())
        except LedgerError:  # twice is better than never
            return sender.send(wanted)
        results = sender.send(claimed)
        with suppress(LedgerError):  # what is not recorded is sent again
            self.ledger.record(results)
        return results
