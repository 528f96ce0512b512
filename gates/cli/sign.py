"""`gate sign RUN`: a role approves the go-live on the evidence of one run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gates import composition
from gates.cli import signing
from gates.cli.options import RUN_FOLDER, in_context
from gates.decision.approval import LONGEST_APPROVAL
from gates.errors import UsageError
from gates.model.exit_code import ExitCode
from gates.model.statement import StatementKind
from gates.workflows.golive_checkpoints import is_held


@click.command()
@click.argument("folder", metavar="RUN", type=RUN_FOLDER)
@in_context
@signing.signing_options
@click.option("--refuse", "refuses", is_flag=True, help="Sign a no: nothing goes live on this evidence.")
def sign(
    context: composition.Context, folder: Path, signature: signing.Signature, *, refuses: bool
) -> ExitCode:
    """Approve the go-live of the release that RUN found GO; void as soon as its evidence changes."""
    opened = composition.open_run_folder(folder)
    verdict = opened.read_verdict()
    role = signature.role
    if role not in context.platform.policy.approvals:
        known = ", ".join(context.platform.policy.approvals)
        raise UsageError(f"the {role} does not approve a go-live", next_step=f"these do: {known}")
    if verdict.release.environment != context.environment.name:
        raise UsageError(f"the run is about {verdict.release.environment}")
    if not is_held(verdict) and not refuses:
        raise UsageError(f"the run is {verdict.outcome}: only what holds can be approved")
    statement = signing.statement(
        signature,
        datetime.now(UTC),
        kind=StatementKind.APPROVAL,
        environment=context.environment.name,
        subject=opened.run_id,
        digest=opened.evidence_digest(),
        longest=LONGEST_APPROVAL,
        refuses=refuses,
    )
    signing.tell_written(statement, *context.statements.folder.keep(statement, signature.key))
    return ExitCode.GO
