"""How a rollback is said: its plan, each step, and where the services stand; for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gates.model.decision import RollBack, RollbackPlan
from gates.model.platform import Environment
from gates.model.receipt import Receipt
from gates.reporting.layout import Line, Row, short_revision
from gates.workflows.rollback import Pin


def plan_lines(plan: RollbackPlan, environment: Environment, reason: str) -> list[Line]:
    """Return the plan, wave by wave, and what cannot go back."""
    title = f"{len(plan.actions)} services in {len(plan.waves)} waves: {reason}"
    lines: list[Line] = [f"rollback in {environment.name}: {title}"]
    for number, wave in enumerate(plan.waves, start=1):
        for action in wave:
            notes = action.reason.removeprefix(reason).strip() or "(GO on record)"
            lines.append(Row(f"  {number}  {action.service}: ", f"{move(action, environment)}  {notes}"))
    return [*lines, *(Row(f"  -  {service}: ", f"IMPOSSIBLE: {why}") for service, why in plan.impossible)]


def receipt_line(receipt: Receipt, environment: Environment) -> Line:
    """Return one step that was taken, or that a dry run would take."""
    head = f"{receipt.at:%H:%M:%S}  {receipt.state:12}  {receipt.action.service}: "
    if not receipt.action.to_revision:
        return Row(head, receipt.detail)
    return Row(head, f"{move(receipt.action, environment)}  {receipt.seconds:.2f} s  {receipt.detail}")


def move(action: RollBack, environment: Environment) -> str:
    """Return from where to where, without the service's own name, which stands beside it."""
    name = environment.cloud_run_name(action.service)
    return f"{short_revision(action.from_revision, name)} → {short_revision(action.to_revision, name)}"


def pin_line(pin: Pin, environment: Environment, width: int) -> Line:
    """Return where one service stands."""
    return Row(f"{pin.service:{width}}  ", _standing(pin, environment.cloud_run_name(pin.service)))


def pin_entry(pin: Pin) -> dict[str, Any]:
    """Return where one service stands, for a program."""
    return {
        "service": pin.service,
        "serving": [{"revision": revision, "share": percent / 100} for revision, percent in pin.serving],
        "latest": pin.latest,
        "is_pinned": pin.is_pinned,
        "holds_back_latest": pin.holds_back,
        "is_in_maintenance": pin.behind is not None,
        "trouble": pin.trouble,
    }


def plan_document(
    plan: RollbackPlan, receipts: Sequence[Receipt], environment: Environment, reason: str
) -> dict[str, Any]:
    """Return a plan and the steps that a dry run would take."""
    return {
        "environment": environment.name,
        "reason": reason,
        "waves": [[_action(action) for action in wave] for wave in plan.waves],
        "impossible": [{"service": service, "reason": why} for service, why in plan.impossible],
        "steps": [{**_action(one.action), "state": one.state, "detail": one.detail} for one in receipts],
    }


def _action(action: RollBack) -> dict[str, Any]:
    return {
        "service": action.service,
        "from_revision": action.from_revision,
        "to_revision": action.to_revision,
        "reason": action.reason,
    }


def _standing(pin: Pin, cloud_name: str) -> str:
    if pin.trouble:
        return f"UNKNOWN: {pin.trouble}"
    if pin.behind is not None:
        staged = short_revision(pin.behind, cloud_name)
        return f"MAINTENANCE: users get 503; {f'{staged} is staged' if staged else 'no revision is staged'}"
    shares = (f"{short_revision(revision, cloud_name)} {percent} %" for revision, percent in pin.serving)
    serving = ", ".join(shares) or "nothing"
    if not pin.is_pinned:
        return f"serves {serving}, follows the latest"
    latest = short_revision(pin.latest, cloud_name)
    newest = f"{latest} ({pin.made_for}, not a release)" if pin.made_for else latest
    held = f", the newest {newest} gets no traffic" if pin.leaves_newest else ""
    return f"serves {serving}, PINNED{held}"
