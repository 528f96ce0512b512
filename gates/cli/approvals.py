"""`gate approvals`: what a stage waits for from people, its waivers, and the signatures of a go-live."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gates import composition
from gates.cli import signing
from gates.cli.options import in_context, stage_option
from gates.cli.reports import Report, reporting
from gates.composition.golive import approvals_of
from gates.evidence.attestation import is_attested
from gates.model.criterion import Stage
from gates.model.exit_code import ExitCode
from gates.reporting.approvals import Signatures


@click.command()
@in_context
@stage_option
@signing.run_option
@reporting
def approvals(context: composition.Context, stage: Stage, run_folder: Path | None) -> Report:
    """Show what people have attested for a stage and what is still missing; with --run its approvals too.

    Exit code 10: an attestation or a signature is missing.
    """
    criteria = context.catalogue.at(stage)
    demanded = [criterion for criterion in criteria if criterion.attested_by is not None]
    release = signing.release_meant(context, run_folder)
    bundle = context.statements.evidence(demanded, release)
    known = {criterion.id for criterion in criteria}
    signed = None if run_folder is None else approvals_of(context, composition.open_run_folder(run_folder))
    found = Signatures(
        environment=context.environment_name,
        stage=stage,
        run=str(run_folder or ""),
        demanded=demanded,
        missing=[criterion for criterion in demanded if not is_attested(criterion, bundle)],
        bundle=bundle,
        waivers=[w for w in context.statements.waivers(release, datetime.now(UTC)) if w.criterion in known],
        given=signed.given if signed is not None else (),
        wanted=signed.missing if signed is not None else (),
        is_complete=signed is None or signed.is_complete,
    )
    return Report(
        code=ExitCode.INCONCLUSIVE if found.is_waiting else ExitCode.GO,
        lines=found.lines(),
        document=found.document(),
    )
