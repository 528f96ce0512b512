"""Decisions that wait, in lines for a person and as values for a program."""

from __future__ import annotations

from gates.model.decision import WaitingDecision
from gates.reporting.layout import Line, Row, Verbatim
from gates.reporting.notices import act_command


def waiting_lines(one: WaitingDecision, environment: str) -> list[Line]:
    """Return a decision with the command that carries it out."""
    decision, left = one.decision, one.deadline.left_s
    what = f"{decision.kind} {', '.join(decision.services)}".rstrip()
    clock = f"LATE by {-left:.0f} s" if one.deadline.is_late else f"{left:.0f} s left"
    said = f"{what} ({decision.priority}): {clock}, it is the turn of {one.deadline.turn_of}"
    return [Row(f"{one.run_id}  ", said), Verbatim(f"  → {_command(one, environment)}")]


def waiting_entry(one: WaitingDecision, environment: str) -> dict[str, object]:
    """Return a decision for a program."""
    return {
        "run": one.run_id,
        "kind": one.decision.kind,
        "services": list(one.decision.services),
        "priority": one.decision.priority,
        "is_late": one.deadline.is_late,
        "seconds_left": one.deadline.left_s,
        "turn_of": one.deadline.turn_of,
        "command": _command(one, environment),
    }


def _command(one: WaitingDecision, environment: str) -> str:
    return f"{act_command(environment, one.folder, one.decision)} --yes"
