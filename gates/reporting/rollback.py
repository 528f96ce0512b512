"""How a rollback is said: its plan, each step, and where the services stand; for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gates.model.decision import RollBack, RollbackPlan
from gates.model.journal import UnfinishedRollback
from gates.model.platform import Environment
from gates.model.procedure import ProcedureResult, Step, Unfinished
from gates.model.receipt import Receipt, ReceiptState
from gates.model.state import Pin
from gates.model.wording import counted
from gates.reporting.layout import Line, Row, Verbatim, short_revision

_OUT = (
    "end it here: gate rollback resume --abandon, then gate maintenance off, which gives users what waits"
    " behind the page and never what was rolled back"
)
ADVICE = {
    Step.PREPARE: "nothing was changed",
    Step.PAGE_ON: f"look: gate maintenance status; then: gate rollback resume, or {_OUT}",
    Step.ROLL_BACK: f"users still see the page; mend it, then: gate rollback resume; or {_OUT}",
    Step.TEST: f"users still see the page; mend it, then: gate rollback resume; or {_OUT}",
    Step.PAGE_OFF: f"look: gate rollback status; then: gate rollback resume; or {_OUT}",
    Step.VALIDATE: "traffic is back at the targets; look at the run, then: gate rollback resume",
}
"""What a person should know and do when a step of a planned rollback failed."""


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


def status_lines(
    pins: Sequence[Pin],
    unfinished: Sequence[UnfinishedRollback],
    begun: Unfinished | None,
    environment: Environment,
    *,
    why: str,
) -> list[Line]:
    """Return where every service stands, what is unfinished, and what to type; `why` is that of the page."""
    env, width = environment.name, max(len(pin.service) for pin in pins)
    lines: list[Line] = [
        Row(f"{pin.service:{width}}  ", _standing(pin, environment.cloud_run_name(pin.service)))
        for pin in pins
    ]
    if in_maintenance := [pin.service for pin in pins if pin.is_in_maintenance]:
        lines.append(f"MAINTENANCE IS ON at {', '.join(in_maintenance)}: {why}")
        if begun is not None and begun.has_page:
            resume = f"gate rollback resume --env {env}"
            lines.append(f"  part of {begun.run_id}, which is not finished: {resume}")
        else:
            lines.append(Verbatim(f"  → gate maintenance off --env {env}"))
    if held := [pin.service for pin in pins if pin.holds_back]:
        lines.append(Verbatim(f"unpin: gate rollback unpin {' '.join(held)} --env {env}"))
    for one in unfinished:
        left = ", ".join(action.service for action in one.rest.actions) or "nothing but its end"
        lines += _unfinished(f"{one.run_id} of {one.begun_at:%Y-%m-%d %H:%M:%S}: {left}", env)
    if begun is not None:
        lines += _unfinished(f"{begun.run_id}, planned: next is {begun.next_step}{begun.because}", env)
    return lines


def _unfinished(what: str, env: str) -> list[Line]:
    return [f"UNFINISHED {what}", Verbatim(f"  → gate rollback resume --env {env}")]


def status_document(
    pins: Sequence[Pin], unfinished: Sequence[UnfinishedRollback], begun: Unfinished | None
) -> dict[str, Any]:
    """Return where every service stands, and what is unfinished, for a program."""
    return {
        "services": [
            {
                "service": pin.service,
                "serving": [
                    {"revision": revision, "share": percent / 100} for revision, percent in pin.serving
                ],
                "latest": pin.latest,
                "is_pinned": pin.is_pinned,
                "holds_back_latest": pin.holds_back,
                "is_in_maintenance": pin.is_in_maintenance,
                "trouble": pin.trouble,
            }
            for pin in pins
        ],
        "unfinished": [*(one.run_id for one in unfinished), *([begun.run_id] if begun else [])],
    }


def plan_document(plan: RollbackPlan, receipts: Sequence[Receipt], reason: str) -> dict[str, Any]:
    """Return a plan and the steps that a dry run would take."""
    return {
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
    if pin.staged is not None:
        staged = short_revision(pin.staged, cloud_name)
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


def ended_lines(conducted: ProcedureResult, env: str) -> list[Line]:
    """Return how a planned rollback ended, and what a person should know and do now."""
    ended, lines = conducted.ended, list[Line]()
    if ended.failed is None and not ended.is_stopped:
        names = [action.service for action in conducted.begun.plan.actions]
        return [
            f"planned rollback of {len(names)} services closed after {conducted.seconds:.0f} s",
            *_pinned(names, env),
        ]
    if ended.failed is not None:
        lines += [f"FAILED  {ended.failed}: {'; '.join(ended.faults)}", f"  → {ADVICE[ended.failed]}"]
    if ended.is_stopped:
        lines.append(f"stopped by a signal; go on: gate rollback resume --env {env}")
    if conducted.may_show_page:
        lines.append("MAINTENANCE MAY BE ON: users may get 503; look: gate rollback status")
    return lines


def result_lines(receipts: Sequence[Receipt], seconds: float, env: str) -> list[Line]:
    """Return how many services are back, how one goes back further, and what is pinned now."""
    proven = [receipt for receipt in receipts if receipt.is_verified]
    lines: list[Line] = [f"{len(proven)} of {len(receipts)} rolled back and proven in {seconds:.2f} s"]
    lines += [
        Verbatim(f"further back: gate rollback {receipt.action.service} --to REVISION")
        for receipt in proven
        if receipt.state is ReceiptState.ALREADY_DONE
    ]
    return lines + (_pinned([receipt.action.service for receipt in proven], env) if proven else [])


def _pinned(services: Sequence[str], env: str) -> list[Line]:
    return [
        Verbatim("NOW PINNED: new deployments of these services get no traffic until you unpin them:"),
        Verbatim(f"  gate rollback unpin {' '.join(services)} --env {env}"),
    ]


def rest_lines(unfinished: UnfinishedRollback, environment: Environment) -> list[Line]:
    """Return what is left to do of a rollback that was interrupted."""
    return [
        f"{unfinished.run_id}, begun {unfinished.begun_at:%Y-%m-%d %H:%M:%S}:",
        *(
            f"  {action.service}: {move(action, environment)}  {action.reason}"
            for action in unfinished.rest.actions
        ),
    ]
