"""The failure actions beside a rollback: scale the services to blame, or open an incident."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import click

from gates import composition
from gates.cli import incident
from gates.cli.command import print_receipts
from gates.cli.prompts import ask
from gates.cli.signals import Stop
from gates.composition import actor
from gates.composition.incidents import incidents
from gates.composition.operations import OperationsContext
from gates.composition.runs import failure_actions
from gates.errors import UsageError
from gates.model.decision import Decision, DecisionKind
from gates.model.exit_code import ExitCode


def carry_out(context: composition.Context, folder: Path, decision: Decision, *, is_sure: bool) -> ExitCode:
    """Scale or investigate, as the decision of a run says.

    Raises:
        UsageError: it says neither, or it was carried out before.
        LedgerError: the ledger cannot be used.
    """
    failure_actions(context, folder, by=actor()).refuse_again()
    if decision.kind is DecisionKind.INVESTIGATE:
        return investigate(context, folder, decision)
    if decision.kind is DecisionKind.SCALE:
        return _scale(context, folder, decision, is_sure=is_sure)
    raise UsageError(f"{decision.kind} asks for no action", next_step="a release that may go needs none")


def investigate(context: composition.Context, folder: Path, decision: Decision) -> ExitCode:
    """Open an incident about the run, and notify the roles that are due."""
    actions, desk = failure_actions(context, folder, by=actor()), incidents(context)
    found = actions.incident(desk.ledger.new_id(desk.now()), str(folder), decision)
    is_kept = incident.record(desk, found)
    incident.notify(desk, found)
    if is_kept:
        actions.record(decision, f"incident {found.id}")
    return ExitCode.NO_GO if is_kept else ExitCode.ACTION_FAILED


def _scale(context: composition.Context, folder: Path, decision: Decision, *, is_sure: bool) -> ExitCode:
    wanted = context.platform.policy.scale_to
    ask(is_sure, f"Keep at least {wanted} instances of {', '.join(decision.services)}?")
    actions = failure_actions(context, folder, by=actor())
    with closing(OperationsContext(context, actor())) as operations, ExitStack() as alone:
        alone.enter_context(context.ports.journal.hold(context.environment.name, actions.run_id))
        alone.enter_context(Stop().heard())
        receipts = actions.scale(decision, operations.scaling, alone)
    if print_receipts(receipts) is not ExitCode.GO:
        return ExitCode.ACTION_FAILED
    click.echo("go back with: gate scale SERVICE --restore")
    return ExitCode.NO_GO
