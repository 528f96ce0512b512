"""Which decisions still wait for a person: prepared, not carried out, not overtaken, not dismissed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from gates.model.criterion import Stage
from gates.model.decision import Decision, DecisionKind, RollBack
from gates.model.receipt import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The decision of one run, and what was done about it so far."""

    run_id: str
    stage: Stage
    is_partial: bool
    decision: Decision
    receipts: tuple[Receipt, ...] = ()


def waiting(
    prepared: Sequence[Prepared], *, is_quarantined: Callable[[RollBack], bool], dismissed: Collection[str]
) -> tuple[Prepared, ...]:
    """Return those that wait, the oldest first.

    A decision no longer waits once it has receipts, once it was dismissed, once every revision that it wants
    to leave is quarantined (a person rolled back), or once a later run of the whole stage came to a
    conclusion of its own. A later run that is INCONCLUSIVE overtakes nothing.
    """
    return tuple(
        one
        for one in sorted(prepared, key=_when)
        if one.decision.due is not None
        and not one.receipts
        and one.run_id not in dismissed
        and not _is_quarantined(one.decision, is_quarantined)
        and not any(_overtakes(later, one) for later in prepared)
    )


def _when(one: Prepared) -> str:
    return one.decision.decided_at.isoformat() if one.decision.decided_at else ""


def _is_quarantined(decision: Decision, is_quarantined: Callable[[RollBack], bool]) -> bool:
    plan = decision.plan
    return plan is not None and bool(plan.actions) and all(is_quarantined(action) for action in plan.actions)


def _overtakes(later: Prepared, one: Prepared) -> bool:
    is_conclusion = later.decision.kind is DecisionKind.PROMOTE or later.decision.due is not None
    is_same = later.stage is one.stage and not later.is_partial
    return is_same and is_conclusion and _when(later) > _when(one)
