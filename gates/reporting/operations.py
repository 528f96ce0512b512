"""What an operation did, in lines for a person at a terminal."""

from __future__ import annotations

from gates.model.exit_code import ExitCode
from gates.model.operation import OperationReceipt, OperationState


def receipt_lines(receipt: OperationReceipt) -> list[str]:
    """Return what was done, and what it changed unless nothing was or is not known yet."""
    said = f"{receipt.action} {receipt.subject} by {receipt.by}: {receipt.detail}"
    lines = [f"{receipt.at:%H:%M:%S}  {receipt.state:12}  {said}"]
    if receipt.state not in (OperationState.STARTED, OperationState.ALREADY_DONE):
        lines += [f"          before {receipt.before}", f"          after  {receipt.after}"]
    return lines


def exit_code_of(receipt: OperationReceipt) -> ExitCode:
    """Return 12 for a failed action, which needs a person now, else 0."""
    return ExitCode.ACTION_FAILED if receipt.state is OperationState.FAILED else ExitCode.GO
