"""How a rollback is said: its plan, each step, and where the services stand; for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gates.model.decision import RollBack, RollbackPlan
from gates.model.journal import UnfinishedRollback
from gates.model.platform import Environment
from gates.model.receipt import Receipt
from gates.model.wording import counted
from gates.reporting.layout import Line, Row, Verbatim, short_revision
from gates.workflows.planned_rollback import ADVICE, Step, Unfinished
from gates.workflows.planned_work import Conducted
from gates.workflows.rollback import Pin


def plan_lines(plan: RollbackPlan, environment: Environment, reason: str) -> list[Line]:
    """Return the plan, wave by wave, and what cannot go back."""
    title = f"{counted(len(plan.actions), 'service')} in {counted(len(plan.waves), 'wave')}: {reason}"
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


def preview_lines(steps: Sequence[tuple[Step, Sequence[str]]]) -> list[Line]:
    """Return every step of a planned rollback with its exact calls."""
    lines: list[Line] = []
    for number, (step, calls) in enumerate(steps, start=1):
        lines += [f"{number}. {step}", *(Verbatim(f"   {call}") for call in calls)]
    return lines


def ended_lines(conducted: Conducted, env: str) -> list[Line]:
    """Return how a planned rollback ended, and what a person should know and do now."""
    ended, lines = conducted.ended, list[Line]()
    if ended.failed is None and not ended.is_stopped:
        names = [action.service for action in conducted.begun.plan.actions]
        return [
            f"planned rollback of {len(names)} services closed after {conducted.seconds:.0f} s",
            "NOW PINNED: new deployments of these services get no traffic until you unpin them:",
            Verbatim(f"  gate rollback unpin {' '.join(names)} --env {env}"),
        ]
    if ended.failed is not None:
        lines += [f"FAILED  {ended.failed}: {'; '.join(ended.faults)}", f"  → {ADVICE[ended.failed]}"]
    if ended.is_stopped:
        lines.append(f"stopped by a signal; go on: gate rollback resume --env {env}")
    if conducted.may_show_page:
        lines.append("MAINTENANCE MAY BE ON: users may get 503; look: gate rollback status")
    return lines


def unfinished_lines(one: UnfinishedRollback, env: str) -> list[Line]:
    """Return a rollback that did not come to its end."""
    left = ", ".join(action.service for action in one.rest.actions) or "nothing but its end"
    return [
        f"UNFINISHED {one.run_id} of {one.begun_at:%Y-%m-%d %H:%M:%S}: {left}",
        Verbatim(f"  → gate rollback resume --env {env}"),
    ]


def procedure_lines(begun: Unfinished, env: str) -> list[Line]:
    """Return a planned rollback that did not come to its end."""
    return [
        f"UNFINISHED {begun.run_id}, planned: next is {begun.next_step}{begun.because}",
        Verbatim(f"  → gate rollback resume --env {env}"),
    ]
