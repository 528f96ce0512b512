"""Which decisions still wait for somebody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gates.decision.pending import Prepared, waiting
from gates.model.criterion import Stage
from gates.model.decision import Decision, DecisionKind
from tests.support.builders import NOW
from tests.support.sample_verdict import decision, receipt

LATER = NOW + timedelta(minutes=1)


def prepared(run_id: str = "run-1", **changes: Any) -> Prepared:
    """Return a rollback that was decided now and is due in five minutes."""
    decided = replace(decision(), **{"decided_at": NOW, "due": NOW + timedelta(minutes=5), **changes})
    return Prepared(run_id=run_id, stage=Stage.IMMEDIATE, is_partial=False, decision=decided)


def still(*found: Prepared, left: tuple[str, ...] = (), dismissed: tuple[str, ...] = ()) -> list[str]:
    """Return the runs whose decisions wait."""
    waits = waiting(found, is_quarantined=lambda action: action.from_revision in left, dismissed=dismissed)
    return [one.run_id for one in waits]


def concluded(kind: DecisionKind, **changes: Any) -> Prepared:
    """Return a later run of the same stage that asks nobody."""
    later = Decision(kind=kind, because=("x",), decided_at=LATER)
    return replace(prepared("run-2"), decision=later, **changes)


def test_a_prepared_decision_waits_until_something_was_done_about_it() -> None:
    """The oldest first; receipts end the wait, and so does a dismissal."""
    assert still(prepared("b"), replace(prepared("a"), is_partial=True)) == ["b", "a"]
    assert still(replace(prepared(), receipts=(receipt(),))) == []
    assert still(prepared(), dismissed=("run-1",)) == []


def test_a_rollback_by_hand_ends_the_wait_when_it_left_every_revision() -> None:
    """What was to be left is quarantined already."""
    assert still(prepared(), left=("auth-service-00002",)) == []
    assert still(prepared(), left=("frontend-00002",)) == ["run-1"]
    assert still(prepared(plan=None), left=("auth-service-00002",)) == ["run-1"]


@pytest.mark.parametrize(
    ("later", "waits"),
    [
        (concluded(DecisionKind.PROMOTE), []),
        (concluded(DecisionKind.HOLD), ["run-1"]),
        (concluded(DecisionKind.PROMOTE, is_partial=True), ["run-1"]),
        (concluded(DecisionKind.PROMOTE, stage=Stage.READINESS), ["run-1"]),
        (prepared("run-2", decided_at=LATER), ["run-2"]),
    ],
)
def test_a_later_conclusion_about_the_whole_stage_overtakes(later: Prepared, waits: list[str]) -> None:
    """One that could not tell, looked at a part, or at another stage, overtakes nothing."""
    assert still(prepared(), later) == waits
