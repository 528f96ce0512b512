"""What was done and what happens next, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from gates.model.decision import Decision, RollBack, RollbackPlan
from gates.model.receipt import Receipt
from gates.model.verdict import VerdictOutcome
from gates.reporting.phrasing import duration


def rollback(action: RollBack) -> str:
    """Return a rollback in words."""
    known = "" if action.is_target_verified else " (which has no GO on record)"
    return f"{action.service}: {action.from_revision} → {action.to_revision}{known}"


def receipt_line(receipt: Receipt) -> str:
    """Return how an action ended."""
    proof = "verified" if receipt.is_verified else "not verified"
    return f"{receipt.state} {rollback(receipt.action)} in {receipt.seconds:.1f} s, {proof}: {receipt.detail}"


_BY_DEFAULT = {
    VerdictOutcome.GO: ("nothing: the release may go",),
    VerdictOutcome.NO_GO: ("do not release; mend what failed, or roll back with: gate rollback",),
    VerdictOutcome.INCONCLUSIVE: ("do not release yet; supply the missing evidence and run the gate again",),
}


def next_steps(outcome: VerdictOutcome, decision: Decision | None) -> tuple[str, ...]:
    """Return what happens next, by whose authority and by when; without a decision, what the outcome asks."""
    if decision is None:
        return _BY_DEFAULT[outcome]
    plan = decision.plan or RollbackPlan()
    waves = (
        f"wave {n}: {'; '.join(rollback(action) for action in wave)}" for n, wave in enumerate(plan.waves, 1)
    )
    impossible = (f"cannot roll back {service}: {why}" for service, why in plan.impossible)
    return (_decided(decision), *decision.because, *waves, *impossible)


def what_next(outcome: VerdictOutcome, decision: Decision | None, criteria: Sequence[str]) -> tuple[str, ...]:
    """Return what happens next, without the findings on `criteria`: the report lists those itself."""
    listed = tuple(f"{criterion} " for criterion in criteria)
    because = () if decision is None else decision.because
    steps = next_steps(outcome, decision)
    return tuple(step for step in steps if not (step in because and step.startswith(listed)))


def _decided(decision: Decision) -> str:
    what = f"{decision.kind} {', '.join(decision.services)}".rstrip()
    if decision.authority is None:
        return what
    how = f"needs {decision.authority}"
    if decision.is_automatic:
        granted = dict.fromkeys(f"{one.by} until {one.expires_at:%Y-%m-%d}" for one in decision.standing)
        how = f"pre-authorised by {'; '.join(granted)}"
    within = f", within {duration(decision.response_time)}" if decision.response_time else ""
    return f"{what} ({', '.join(filter(None, (decision.priority, how)))}{within})"
