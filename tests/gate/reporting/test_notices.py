"""What people read who were not looking: true, short, and with what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gates.model.decision import DecisionKind, RollbackPlan
from gates.model.receipt import ReceiptState
from gates.reporting import notices
from tests.support.builders import NOW
from tests.support.sample_verdict import decision, receipt

DUE = replace(decision(), decided_at=NOW, due=NOW + timedelta(minutes=5))


def test_what_was_only_decided_waits_whatever_was_granted() -> None:
    """Nothing was done, so nobody is told that it was: who, until when, why, and how."""
    assert DUE.is_automatic
    assert notices.decided("sandbox", "run-1", DUE) == (
        "sandbox: ROLL_BACK auth-service (P0), waits for the On-call Engineer until 2026-03-01 12:05 UTC. "
        "SEC-LOGOUT failed for auth-service, which is P0 "
        "Carry out: gate act RUN --env sandbox, run run-1."
    )


def test_a_decision_without_a_way_back_says_so() -> None:
    """A human is needed, and told why."""
    stuck = replace(DUE, plan=RollbackPlan(impossible=(("auth-service", "it has one revision"),)))
    said = notices.decided("sandbox", "run-1", stuck)
    assert "There is no way back for auth-service: it has one revision." in said


def test_a_late_decision_names_whose_turn_it_is() -> None:
    """With what was due when."""
    said = notices.late("sandbox", "run-1", DUE, "team-lead")
    assert said.startswith("sandbox: LATE: ROLL_BACK auth-service (P0). It was due 2026-03-01 12:05 UTC.")
    assert said.endswith("It is the turn of the team-lead. Run run-1.")


def test_a_rollback_is_told_as_it_ended() -> None:
    """What is not proved is never told as done."""
    good = receipt()
    bad = replace(good, state=ReceiptState.FAILED, is_verified=False, detail="no answer")
    assert notices.rolled_back("sandbox", [good]) == (
        "sandbox: rolled back and proved: auth-service to auth-service-00001."
    )
    unproved = replace(good, is_verified=False)
    for one in (bad, unproved):
        said = notices.rolled_back("sandbox", [one])
        assert "proved: nothing. FAILED, a human is needed now: auth-service: " in said


def test_the_rest_is_told_by_its_end() -> None:
    """A planned rollback by its exit code, scaling by its receipts, a slot by what it said."""
    assert "did not come to its end" in notices.planned("sandbox", 12)
    assert "was validated" in notices.planned("sandbox", 0)
    scale = replace(DUE, kind=DecisionKind.SCALE)
    assert notices.scaled("sandbox", scale, "DONE, five") == "sandbox: SCALE auth-service (P0): DONE, five"
    assert notices.slot("sandbox", "day", "checks", "x" * 900) == f"sandbox: go-live day, checks: {'x' * 300}"
