"""Which rollbacks are verified: a go-live needs a fresh verification of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from gates.model.decision import RollbackPlan, Target
from gates.model.drill import DrillKind, DrillRecord


def unproven(
    plan: RollbackPlan,
    targets: Sequence[Target],
    proofs: Sequence[DrillRecord],
    *,
    now: datetime,
    max_age: timedelta,
) -> tuple[str, ...]:
    """Return what is missing for each service of the plan; empty if every rollback is verified.

    Args:
        plan: the rollback; a service for which it is impossible is never verified.
        targets: the target of each service of the plan, with its image.
        proofs: recorded drills, the newest first; the newest of a service counts.
        now: the moment at which the drills must be fresh.
        max_age: how long a drill counts.
    """
    missing = [f"{service} has nothing to go back to: {why}" for service, why in plan.impossible]
    for target in targets:
        service = target.action.service
        newest = next((p for p in proofs if p.kind is DrillKind.WAY_BACK and p.subject == service), None)
        why = _flaw(newest, target.identity, now, max_age)
        if why:
            missing.append(f"{service} → {target.action.to_revision}: {why}")
    return tuple(missing)


def _flaw(proof: DrillRecord | None, wanted: str, now: datetime, max_age: timedelta) -> str:
    if proof is None:
        return "never verified"
    if proof.fingerprint != wanted:
        return f"the newest proof is about {proof.fingerprint.partition('@')[0]}"
    if not proof.passed:
        return f"the proof failed: {proof.detail}"
    age = now - proof.at
    if not timedelta(0) <= age <= max_age:
        return f"the proof is of {proof.at:%Y-%m-%d %H:%M} UTC"
    return ""
