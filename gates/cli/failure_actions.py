"""The failure actions beside a rollback: scale what is to blame, or open an incident with the evidence."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from gates import wiring
from gates.aside import note
from gates.cli.command import actor, tell
from gates.cli.incident import IncidentWorkflow
from gates.cli.prompts import ask
from gates.cli.signals import Stop
from gates.composition import runs
from gates.errors import LedgerError, UsageError
from gates.model.decision import Decision, DecisionKind
from gates.model.exit_code import ExitCode
from gates.model.incident import Incident
from gates.model.operation import OperationReceipt, OperationState
from gates.operations_context import OperationsContext
from gates.reporting import notices
from gates.workflows.notifications import ENDED

CARRIED_OUT = "decision-carried-out"
"""Name of the operation that records what was done about a decision that is no rollback."""


def is_carried_out(context: wiring.Context, run_id: str) -> bool:
    """Whether the ledger says that something was done about the decision of a run.

    Raises:
        LedgerError: it cannot be read.
    """
    return any(ends_wait(one) for one in context.ledger.operations(context.environment.name, run_id))


def ends_wait(operation: OperationReceipt) -> bool:
    """Whether an operation carried a decision out; what failed did not."""
    return operation.action == CARRIED_OUT and operation.state is OperationState.DONE


def carry_out(context: wiring.Context, folder: Path, decision: Decision, *, is_sure: bool) -> ExitCode:
    """Scale or investigate, as the decision of a run says.

    Raises:
        UsageError: it says neither, or it was carried out before.
        LedgerError: the ledger cannot be used.
    """
    run_id = folder.resolve().name
    if is_carried_out(context, run_id):
        raise UsageError(f"{folder} was carried out already", next_step="see: gate incident status")
    if decision.kind is DecisionKind.INVESTIGATE:
        return investigate(context, folder, decision)
    if decision.kind is DecisionKind.SCALE:
        return _scale(context, run_id, decision, is_sure=is_sure)
    raise UsageError(f"{decision.kind} asks for no action", next_step="a release that may go needs none")


def investigate(context: wiring.Context, folder: Path, decision: Decision) -> ExitCode:
    """Open an incident about the run; its clock runs, and who is due is told."""
    run_id = folder.resolve().name
    desk = IncidentWorkflow(context.environment.name)
    now = desk.now()
    found = Incident(
        id=desk.ledger.new_id(now),
        environment=context.environment.name,
        title=f"{decision.because[0][:120] if decision.because else 'NO_GO'} ({folder})",
        priority=decision.priority or min(row.priority for row in context.platform.matrix),
        answers=None,
        alerts=(),
        services=decision.services,
        opened_at=now,
        opened_by=actor(),
    )
    is_kept = desk.keep(found)
    desk.tell(found)
    if is_kept:
        _record(context, run_id, decision, f"incident {found.id}", OperationState.DONE)
    return ExitCode.NO_GO if is_kept else ExitCode.ACTION_FAILED


def _scale(context: wiring.Context, run_id: str, decision: Decision, *, is_sure: bool) -> ExitCode:
    """Keep more instances of the services to blame; a service that has as many already is left alone."""
    wanted = context.platform.policy.scale_to
    ask(is_sure, f"Keep at least {wanted} instances of {', '.join(decision.services)}?")
    alone = context.ports.journal.hold(context.environment.name, run_id)
    with closing(OperationsContext(context, actor())) as operations, alone, Stop().heard():
        receipts = [operations.scaling.at_least(name, wanted, is_dry=False) for name in decision.services]
    ended = tell(receipts)
    state = OperationState.DONE if ended is ExitCode.GO else OperationState.FAILED
    done = "; ".join(f"{r.subject}: {r.detail}" for r in receipts)
    _record(context, run_id, decision, done, state)
    said = notices.scaled(context.environment.name, decision, f"{state}, {done}")
    runs.notifications(context).tell(run_id, ENDED, said)
    if ended is ExitCode.GO:
        click.echo("go back with: gate scale SERVICE --restore")
    return ExitCode.NO_GO if ended is ExitCode.GO else ended


def _record(
    context: wiring.Context, run_id: str, decision: Decision, after: str, state: OperationState
) -> None:
    """Write down what was done; that it is not on record makes it no less done."""
    receipt = OperationReceipt(
        action=CARRIED_OUT,
        subject=run_id,
        environment=context.environment.name,
        state=state,
        before=f"{decision.kind} ({decision.priority})",
        after=after,
        detail="; ".join(decision.because)[:500],
        by=actor(),
        at=datetime.now(UTC),
    )
    try:
        context.ledger.record_operation(receipt)
    except LedgerError as error:
        note(f"{after} is NOT RECORDED: {error.cause}")
