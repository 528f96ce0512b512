"""`gate attest CRITERION …`: a role signs that a criterion holds which no check can measure."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gates import composition
from gates.cli import signing
from gates.cli.options import Meant, in_context
from gates.errors import UsageError
from gates.evidence.attestation import is_attested
from gates.model.criterion import Criterion, Stage
from gates.model.exit_code import ExitCode
from gates.model.likeness import meant
from gates.model.release import Release
from gates.model.statement import StatementKind


@click.command()
@click.argument("criterion_ids", metavar="CRITERION", nargs=-1)
@click.option(
    "--waiting",
    type=Meant([stage.value for stage in Stage]),
    default=None,
    help="Instead of CRITERION: all that this stage still waits for from your role.",
)
@in_context
@signing.signing_options
@signing.run_option
@click.option("--refuse", "refuses", is_flag=True, help="Sign that it does NOT hold.")
def attest(
    context: composition.Context,
    criterion_ids: tuple[str, ...],
    waiting: str | None,
    signature: signing.Signature,
    run_folder: Path | None,
    *,
    refuses: bool,
) -> ExitCode:
    """Sign that each CRITERION holds for a release, or for the platform where no release changes it."""
    if bool(criterion_ids) == bool(waiting):
        raise UsageError("name the criteria, or say --waiting STAGE", next_step="see: gate approvals")
    chosen = [_named(context, one) for one in criterion_ids]
    for criterion in chosen:
        signing.checked_role(context, signature.role, criterion.attested_by or "", criterion.id)
    release = signing.release_meant(context, run_folder)
    if waiting is not None:
        signing.checked_role(context, signature.role, signature.role, waiting)
        chosen = _waiting(context, Stage(waiting), signature.role, release)
    now = datetime.now(UTC)
    reading = context.statements.reading(release, now)
    for criterion in chosen:
        click.echo(f"{criterion.id}: {criterion.statement}")
        statement = signing.statement(
            signature,
            now,
            kind=StatementKind.ATTESTATION,
            environment=context.environment.name,
            subject=criterion.id,
            digest=reading.digest(criterion.id),
            longest=criterion.max_age,
            refuses=refuses,
        )
        signing.tell_written(statement, *context.statements.folder.keep(statement, signature.key))
    signing.tell_when_it_counts(context, run_folder)
    return ExitCode.GO


def _named(context: composition.Context, criterion_id: str) -> Criterion:
    criterion = context.catalogue.find(criterion_id)
    if criterion is None or criterion.attested_by is None:
        known = [c.id for c in context.catalogue.criteria if c.attested_by is not None]
        cause = f"no role attests '{criterion_id}'{meant(criterion_id, known)}"
        raise UsageError(cause, next_step="gate approvals --stage STAGE shows what waits for whom")
    return criterion


def _waiting(context: composition.Context, stage: Stage, role: str, release: Release) -> list[Criterion]:
    """Return the criteria that the stage demands and the role has not attested.

    Raises:
        UsageError: there are none.
    """
    mine = [criterion for criterion in context.catalogue.at(stage) if criterion.attested_by == role]
    bundle = context.statements.evidence(mine, release)
    found = [criterion for criterion in mine if not is_attested(criterion, bundle)]
    if not found:
        raise UsageError(
            f"{stage} waits for nothing from the {role}",
            next_step=f"see: gate approvals --env {context.environment.name} --stage {stage}",
        )
    return found
