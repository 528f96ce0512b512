"""How a run or a rollback ends, as an exit code."""

from __future__ import annotations

from collections.abc import Sequence

from gates.model.decision import Decision, DecisionKind, RollbackPlan
from gates.model.exit_code import ExitCode
from gates.model.receipt import Receipt, ReceiptState
from gates.model.verdict import Verdict, VerdictOutcome

_ENDED_WELL = (ReceiptState.DONE, ReceiptState.ALREADY_DONE)


def exit_code(
    verdict: Verdict, decision: Decision, receipts: Sequence[Receipt], *, was_to_act: bool
) -> ExitCode:
    """Return the exit code of a run; a rollback counts only if every service verified it.

    `was_to_act` says that the gate had to roll back: then a missing target is a failed action.
    """
    match verdict.outcome:
        case VerdictOutcome.GO:
            return ExitCode.GO
        case VerdictOutcome.INCONCLUSIVE:
            return ExitCode.INCONCLUSIVE
        case VerdictOutcome.NO_GO:
            return _after_no_go(decision, receipts, was_to_act=was_to_act)


def _after_no_go(decision: Decision, receipts: Sequence[Receipt], *, was_to_act: bool) -> ExitCode:
    acted = [receipt for receipt in receipts if receipt.state is not ReceiptState.DRY_RUN]
    if decision.kind is not DecisionKind.ROLL_BACK or decision.plan is None:
        return ExitCode.NO_GO
    if not acted:
        return ExitCode.ACTION_FAILED if was_to_act and decision.plan.impossible else ExitCode.NO_GO
    is_proved = all(receipt.state in _ENDED_WELL and receipt.is_verified for receipt in acted)
    return ExitCode.ROLLED_BACK if is_proved and not decision.plan.impossible else ExitCode.ACTION_FAILED


def rolled_back(plan: RollbackPlan, receipts: Sequence[Receipt]) -> ExitCode:
    """Return 0 if every service of a plan went back, or would, and 12 otherwise."""
    bad = (ReceiptState.FAILED, ReceiptState.SKIPPED, ReceiptState.REFUSED)
    is_whole = bool(receipts) and not plan.impossible and all(r.state not in bad for r in receipts)
    return ExitCode.GO if is_whole else ExitCode.ACTION_FAILED
