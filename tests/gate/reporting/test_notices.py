"""What people read who were not looking: true, short, and with what to do."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import timedelta

from gates.model.decision import DecisionKind, RollbackPlan
from gates.model.receipt import ReceiptState
from gates.reporting import notices
from tests.support.builders import NOW
from tests.support.sample_verdict import decision, receipt

DUE = replace(decision(), decided_at=NOW, due=NOW + timedelta(minutes=5))


FOLDER = "reports/run-1"


def test_what_was_only_decided_waits_whatever_was_granted() -> None:
    """Nothing was done, so nobody is told that it was: who, until when, why, and how."""
    assert DUE.is_automatic
    said, command = notices.decided("sandbox", FOLDER, DUE).splitlines()
    for fact in ("ROLL_BACK auth-service (P0)", "On-call Engineer", "2026-03-01 12:05 UTC", "Run run-1."):
        assert fact in said
    assert "SEC-LOGOUT failed for auth-service, which is P0. " in said
    assert shlex.split(command) == [
        *("gate", "act", "reports/run-1", "--env", "sandbox", "--role", "On-call Engineer"),
    ]


def test_a_decision_without_a_way_back_says_so() -> None:
    """A human is needed, and told why."""
    stuck = replace(DUE, plan=RollbackPlan(impossible=(("auth-service", "it has one revision"),)))
    said = notices.decided("sandbox", FOLDER, stuck)
    assert "No rollback is possible for auth-service: it has one revision." in said


def test_a_late_decision_names_whose_turn_it_is_and_the_command() -> None:
    """With what was due when."""
    said, command = notices.late("sandbox", FOLDER, DUE, "team-lead").splitlines()
    assert said.startswith("sandbox: LATE: ROLL_BACK auth-service (P0). It was due 2026-03-01 12:05 UTC.")
    assert "It is the turn of the team-lead. Run run-1." in said
    assert command == notices.decided("sandbox", FOLDER, DUE).splitlines()[-1]


def test_a_folder_with_a_space_is_still_one_word() -> None:
    """The command can be pasted whatever GATE_REPORTS says."""
    command = notices.act_command("sandbox", "/srv/my reports/run-1", DUE)
    assert "/srv/my reports/run-1" in shlex.split(command)


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
