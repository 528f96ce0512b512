"""`gate diagnose`: try the platform, say what was deployed last, and name the service to roll back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from gates.cli.adhoc_checks import ENDING, spot
from gates.cli.command import CommandContext, looks
from gates.cli.reports import Report, reporting
from gates.cli.run import duration
from gates.composition.spots import Spotted
from gates.decision.candidates import ServiceView
from gates.decision.policy import root_causes_first
from gates.decision.suspicion import Deployment, Suspect, newest_first, suspects
from gates.errors import GateError
from gates.model.criterion import Catalogue, Criterion, Stage
from gates.model.exit_code import ExitCode
from gates.model.judgement import Judgement, Outcome
from gates.reporting.layout import Line, Row, Verbatim, short_revision
from gates.reporting.redaction import one_line
from gates.workflows.spot_check import about
from gates.workflows.survey import survey

_REASON = 160
_SLOWEST = "contract"
_MOST_CONTRACTS = 3
_CATEGORIES = ("deployment", "health", "authentication", "contract", "journeys")
"""What shows a broken release within seconds; load and service levels need minutes."""


@click.command()
@click.option(
    "--deadline", default="20s", show_default=True, help="Longest time for this command to look: 20s, 2m."
)
@looks
@reporting
def diagnose(command: CommandContext, deadline: str) -> Report:
    """Check deployment, health, sign-in, journeys and contracts; name the service to roll back.

    Contracts, which take longest, are tried last and for the three services that were deployed last, the
    newest first. The look ends at the first failure; then the deployments, the newest first, are compared
    with what the failure blames. What could not be tried before the deadline is listed. Nothing is changed.
    Leaves with 0 when nothing failed, 1 when something did, and 10 when not everything could be tried.
    """
    began, context = time.monotonic(), command.context
    views = survey(context.ports, context.platform, context.environment)
    deployments = newest_first([_deployment(view) for view in views])
    criteria = _criteria(context.catalogue, deployments)
    left = max(duration(deadline) - (time.monotonic() - began), 1.0)
    seen = spot(context, criteria, word="diagnose", seconds=left, is_fail_fast=True)
    failed = root_causes_first([j for j in seen.check.judgements if j.outcome is Outcome.FAIL])
    found = _Diagnosis(
        command=command,
        seen=seen,
        failed=failed,
        deployments=deployments,
        suspects=suspects(failed, deployments),
    )
    return found.report()


@dataclass(frozen=True, kw_only=True)
class _Diagnosis:
    """What was found."""

    command: CommandContext
    seen: Spotted
    failed: Sequence[Judgement]
    deployments: Sequence[Deployment]
    suspects: Sequence[Suspect]

    def report(self) -> Report:
        """Return it for a person and for a program."""
        command, why_not = self._next()
        return Report(
            code=ENDING[self.seen.check.outcome] if not self.failed else ExitCode.NO_GO,
            lines=[*self._deployed(), *self._failures(), *self._endings(command, why_not)],
            document=self._document(command, why_not),
        )

    def _next(self) -> tuple[str, str]:
        """Return the command for the first suspect that can go back, and why others cannot."""
        env, reasons = self.command.context.environment.name, []
        for suspect in self.suspects:
            service = suspect.deployment.service
            try:
                self.command.operations.planner.target(service)
            except GateError as error:
                reasons.append(error.cause)
            else:
                return f"gate rollback {service} --env {env}", "; ".join(reasons)
        return (f"gate rollback status --env {env}" if self.failed else ""), "; ".join(reasons)

    def _deployed(self) -> list[Line]:
        now, width = datetime.now(UTC), max(len(one.service) for one in self.deployments)
        lines: list[Line] = ["deployed, the newest first:"]
        for one in self.deployments:
            name = short_revision(one.revision, self.command.context.environment.cloud_run_name(one.service))
            by = f", by {one.by}" if one.by else ""
            go = "" if one.has_go else ", no GO"
            lines.append(Row(f"  {one.service:{width}}  ", f"{name}, {_age(now - one.at)} ago{go}{by}"))
        return lines

    def _failures(self) -> list[Line]:
        judged = self.seen.check.judgements
        shown = [j for j in self.failed if j.implied_by is None] or self.failed
        tried = sum(j.outcome in (Outcome.PASS, Outcome.FAIL) for j in judged)
        return [
            f"tried {tried} of {len(judged)} checks, {len(self.failed)} failed",
            *(Row(f"FAIL  {j.criterion.id} {j.service}  ", one_line(j.reason, limit=_REASON)) for j in shown),
        ]

    def _endings(self, command: str, why_not: str) -> list[Line]:
        if not self.failed:
            return self._open_ends()
        lines: list[Line] = [self._accusation(one) for one in self.suspects] or [
            "SUSPECT  none: no service has an earlier revision to go back to"
        ]
        return [*lines, *([f"not possible: {why_not}"] if why_not else []), Verbatim(f"next: {command}")]

    def _open_ends(self) -> list[Line]:
        """Say what is known where nothing failed."""
        if self.seen.check.outcome is Outcome.PASS:
            return ["nothing failed: no service is suspected"]
        untried = [f"{name} ({len(of)})" if len(of) > 1 else name for name, of in self._untried().items()]
        return ["nothing failed so far, and not everything was tried", Row("NOT TRIED  ", ", ".join(untried))]

    def _untried(self) -> dict[str, list[str]]:
        """Return the criteria without an answer, each with its services."""
        found: dict[str, list[str]] = {}
        for judgement in self.seen.check.judgements:
            if judgement.outcome not in (Outcome.PASS, Outcome.FAIL):
                found.setdefault(judgement.criterion.id, []).append(judgement.service)
        return found

    @staticmethod
    def _accusation(suspect: Suspect) -> Line:
        blamed = ", ".join(suspect.blamed_by)
        why = f"blamed by {blamed}" if blamed else "blamed by nothing, and deployed without a GO on record"
        return Row(f"SUSPECT  {suspect.deployment.service}  ", why)

    def _document(self, command: str, why_not: str) -> dict[str, Any]:
        return {
            "environment": self.command.context.environment.name,
            "run": self.seen.folder.run_id,
            "deployments": [
                {
                    "service": one.service,
                    "revision": one.revision,
                    "at": one.at.isoformat(),
                    "by": one.by,
                    "earlier_revision": one.earlier,
                    "has_go": one.has_go,
                }
                for one in self.deployments
            ],
            "failures": [
                {"criterion": j.criterion.id, "service": j.service, "blames": j.blames, "reason": j.reason}
                for j in self.failed
            ],
            "suspects": [
                {"service": one.deployment.service, "blamed_by": one.blamed_by} for one in self.suspects
            ],
            "not_tried": [{"criterion": name, "services": of} for name, of in self._untried().items()],
            "next_command": command,
            "not_possible_because": why_not,
        }


def _criteria(catalogue: Catalogue, deployments: Sequence[Deployment]) -> list[Criterion]:
    """Return what is tried, in that order: contracts last, for what changed last and can go back."""
    demanded = [one for one in catalogue.at(Stage.IMMEDIATE) if one.category in _CATEGORIES]
    changed = [one.service for one in deployments if one.earlier][:_MOST_CONTRACTS]
    contracts = [one for one in demanded if one.category == _SLOWEST]
    return [one for one in demanded if one not in contracts] + about(contracts, changed)


def _deployment(view: ServiceView) -> Deployment:
    """Return what runs: the newest revision that has traffic, with the next older one that was ready."""
    bearing = [one for one in view.revisions if one.name in view.state.bearing]
    newest = (bearing or list(view.revisions))[0]
    older = view.revisions[view.revisions.index(newest) + 1 :]
    return Deployment(
        service=view.state.service,
        revision=newest.name,
        at=newest.created_at,
        by=newest.created_by,
        earlier=next((one.name for one in older if one.is_ready), ""),
        has_go=any(reference.name == newest.name for reference in view.verified),
    )


def _age(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {word}"
    return f"{max(seconds, 0)} s"
