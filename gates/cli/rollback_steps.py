"""What the rollback commands share: the engine, the services that are named, each step, the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from gates import composition
from gates.actions.execute import ExecutionPolicy
from gates.cli.reports import say
from gates.cli.rollback_lines import receipt_line
from gates.cli.signals import Stop
from gates.model.decision import RollbackPlan
from gates.model.exit_code import ExitCode
from gates.model.journal import UnfinishedRollback
from gates.model.likeness import refuse_unknown
from gates.model.receipt import Receipt, ReceiptState
from gates.workflows.planned_rollback import Unfinished
from gates.workflows.rollback import RollbackEngine


def engine_of(
    context: composition.Context, stop: Stop | None = None, *, is_planned: bool = False, by: str = ""
) -> RollbackEngine:
    """Return what rolls back in an environment; without `stop` it only looks."""
    run_id = datetime.now(UTC).strftime("rollback-%Y%m%d-%H%M%S-%f")[:-3]
    rules = context.platform.policy.rollback
    manner = rules.planned if is_planned else rules.emergency
    policy = ExecutionPolicy(manner=manner, is_stopped=stop.is_asked_for, by=by) if stop else None
    return RollbackEngine(context.environment, context.platform, context.ports, run_id=run_id, policy=policy)


def known(names: tuple[str, ...], services: Sequence[str]) -> tuple[str, ...]:
    """Return the names that were given.

    Raises:
        UsageError: the platform has no such service.
    """
    refuse_unknown("service", names, services)
    return names


def teller(context: composition.Context) -> Callable[[Receipt], None]:
    """Return what prints each step when it is taken."""
    return lambda receipt: say(receipt_line(receipt, context.environment))


def is_part_of(rollback: UnfinishedRollback, procedure: Unfinished | None) -> bool:
    """Whether a rollback belongs to the planned procedure that is unfinished."""
    return procedure is not None and procedure.run_id == rollback.run_id


def ending(plan: RollbackPlan, receipts: Sequence[Receipt]) -> ExitCode:
    """Return 0 if every service went back, 12 otherwise."""
    bad = (ReceiptState.FAILED, ReceiptState.SKIPPED, ReceiptState.REFUSED)
    is_whole = bool(receipts) and not plan.impossible and all(r.state not in bad for r in receipts)
    return ExitCode.GO if is_whole else ExitCode.ACTION_FAILED
