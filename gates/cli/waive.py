"""`gate waive CRITERION`: a signed exception, for one release, until it expires."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gates import composition
from gates.cli import signing
from gates.cli.options import in_context
from gates.errors import UsageError
from gates.evidence.attestation import waiver_objection
from gates.model.exit_code import ExitCode
from gates.model.likeness import meant
from gates.model.statement import StatementKind


@click.command()
@click.argument("criterion_id", metavar="CRITERION")
@in_context
@click.option("--service", default=None, help="Only for this service.")
@signing.signing_options
@signing.run_option
def waive(
    context: composition.Context,
    criterion_id: str,
    service: str | None,
    signature: signing.Signature,
    run_folder: Path | None,
) -> ExitCode:
    """Waive CRITERION for a release: by its owner, never a blocker or a P0, for at most 30 days."""
    criterion = context.catalogue.find(criterion_id)
    if criterion is None:
        guess = meant(criterion_id, (c.id for c in context.catalogue.criteria))
        raise UsageError(f"unknown criterion '{criterion_id}'{guess}", next_step="see: gate criteria list")
    now = datetime.now(UTC)
    reading = context.statements.reading(signing.release_meant(context, run_folder), now)
    statement = signing.statement(
        signature,
        now,
        kind=StatementKind.WAIVER,
        environment=context.environment.name,
        subject=criterion.id,
        digest=reading.digest(criterion.id),
        service=service,
    )
    objection = waiver_objection(statement, criterion, reading)
    if objection:
        raise UsageError(objection)
    signing.tell_written(statement, *context.statements.folder.keep(statement, signature.key))
    signing.tell_when_it_counts(context, run_folder)
    return ExitCode.GO
