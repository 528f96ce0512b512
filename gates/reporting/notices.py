"""The texts of notifications: decisions, their deadlines, rollbacks, the checkpoints of a go-live."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from gates.model.decision import Decision, RollbackPlan
from gates.model.receipt import Receipt, ReceiptState

_LONGEST = 300
_ENDED_WELL = (ReceiptState.DONE, ReceiptState.ALREADY_DONE)


def act_command(environment: str, folder: str, decision: Decision) -> str:
    """Return the command that carries the decision of a run folder out, ready to be pasted."""
    role = ("--role", decision.authority) if decision.authority else ()
    return shlex.join(("gate", "act", folder, "--env", environment, *role))


def decided(environment: str, folder: str, decision: Decision) -> str:
    """Return what was decided and not done, which role has to act until when, and a line with the command."""
    until = f" until {decision.due:%Y-%m-%d %H:%M} UTC" if decision.due is not None else ""
    what = f"{environment}: {decision.kind} {', '.join(decision.services)}".rstrip()
    plan = decision.plan or RollbackPlan()
    impossible = (f"No rollback is possible for {service}: {why}." for service, why in plan.impossible)
    waits = f"{what} ({decision.priority}), waits for the {decision.authority}{until}."
    said = " ".join(filter(None, (waits, _because(decision), *impossible)))
    return f"{said} Run {_run_of(folder)}. Carry it out with:\n{act_command(environment, folder, decision)}"


def late(environment: str, folder: str, decision: Decision, turn_of: str) -> str:
    """Return which role has to act now that a decision is late, and a line with the command."""
    due = f" It was due {decision.due:%Y-%m-%d %H:%M} UTC." if decision.due is not None else ""
    what = f"{decision.kind} {', '.join(decision.services)}".rstrip()
    turn = f"It is the turn of the {turn_of}. Run {_run_of(folder)}. Carry it out with:"
    command = act_command(environment, folder, decision)
    return f"{environment}: LATE: {what} ({decision.priority}).{due} {turn}\n{command}"


def rolled_back(environment: str, receipts: Sequence[Receipt]) -> str:
    """Return how rollbacks ended."""
    good = [r for r in receipts if r.state in _ENDED_WELL and r.is_verified]
    bad = [r for r in receipts if r not in good]
    moves = "; ".join(f"{r.action.service} to {r.action.to_revision}" for r in good)
    failed = "; ".join(f"{r.action.service}: {r.state} {r.detail}" for r in bad)
    text = f"{environment}: rolled back and verified: {moves or 'nothing'}."
    return text if not bad else f"{text} FAILED, a human is needed now: {failed[:_LONGEST]}"


def scaled(environment: str, decision: Decision, ended: str) -> str:
    """Return how the scaling of the blamed services ended."""
    return f"{environment}: SCALE {', '.join(decision.services)} ({decision.priority}): {ended[:_LONGEST]}"


def planned(environment: str, code: int) -> str:
    """Return how a planned rollback ended, by the exit code of its procedure."""
    if code:
        return f"{environment}: the planned rollback is not finished, see: gate rollback status"
    return f"{environment}: the planned rollback is finished, and the platform was validated."


def slot(environment: str, golive: str, name: str, said: str) -> str:
    """Return what happened at a checkpoint of a go-live."""
    return f"{environment}: go-live {golive}, {name}: {said[:_LONGEST]}"


def _run_of(folder: str) -> str:
    return folder.rstrip("/").rpartition("/")[2]


def _because(decision: Decision) -> str:
    """Return the first reason as a sentence."""
    said = decision.because[0][:_LONGEST].rstrip() if decision.because else ""
    return said if said.endswith((".", "!", "?")) or not said else f"{said}."
