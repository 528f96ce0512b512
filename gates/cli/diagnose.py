"""`gate diagnose`: check the platform, list the latest deployments, and name the service to roll back."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click

from gates.cli.adhoc_checks import ENDING, spot
from gates.cli.command import CommandContext, looks
from gates.cli.options import deadline_option
from gates.cli.reports import Report, reporting
from gates.model.exit_code import ExitCode
from gates.reporting.diagnosis import diagnosis_document, diagnosis_lines
from gates.workflows.diagnosis import deployed, diagnosed, quick_criteria
from gates.workflows.survey import survey


@click.command()
@deadline_option("20s", "Longest time for this command to look: 20s, 2m.")
@looks
@reporting
def diagnose(command: CommandContext, deadline: float) -> Report:
    """Check deployment, health, sign-in, journeys and contracts; name the service to roll back.

    Contracts, which take longest, are tried last and for the three services that were deployed last, the
    newest first. The look ends at the first failure; then the deployments, the newest first, are compared
    with what the failure blames. What could not be tried before the deadline is listed. Nothing is changed.
    Leaves with 0 when nothing failed, 1 when something did, and 10 when not everything could be tried.
    """
    began, context = time.monotonic(), command.context
    deployments = deployed(survey(context.ports, context.platform, context.environment))
    criteria = quick_criteria(context.catalogue, deployments)
    left = max(deadline - (time.monotonic() - began), 1.0)
    seen = spot(context, criteria, name="diagnose", seconds=left, is_fail_fast=True)
    found = diagnosed(
        seen.check,
        deployments,
        environment=context.environment.name,
        run_id=seen.folder.run_id,
        target=command.operations.planner.target,
    )
    return Report(
        code=ExitCode.NO_GO if found.failed else ENDING[found.outcome],
        lines=diagnosis_lines(found, datetime.now(UTC), context.environment.cloud_run_name),
        document=diagnosis_document(found),
    )
