"""Notices are true, short, and name what to do."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import timedelta

import pytest

from gates.model.decision import RollbackPlan
from gates.model.receipt import ReceiptState
from gates.reporting import notices
from tests.support.builders import NOW
from tests.support.sample_verdict import decision, receipt

DUE = replace(decision(), decided_at=NOW, due=NOW + timedelta(minutes=5))


FOLDER = "reports/run-1"


def test_what_was_only_decided_waits_whatever_was_granted() -> None:
    """Nothing was done, and the notice does not say so: role, deadline, reason, command."""
    assert DUE.is_automatic
    said, command = notices.decided("sandbox", FOLDER, DUE).splitlines()
    for fact in ("ROLL_BACK auth-service (P0)", "On-call Engineer", "2026-03-01 12:05 UTC", "Run run-1."):
        assert fact in said
    assert "SEC-LOGOUT failed for auth-service, which is P0. " in said
    assert shlex.split(command) == [
        *("gate", "act", "reports/run-1", "--env", "sandbox", "--role", "On-call Engineer"),
    ]


def test_a_decision_without_a_possible_rollback_says_why() -> None:
    """The notice says why a human is needed."""
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


def test_a_rollback_is_reported_as_it_ended() -> None:
    """What is not verified is never reported as done."""
    good = receipt()
    moved, target = "auth-service", "auth-service-00001"
    said = notices.rolled_back("sandbox", [good])
    assert f"{moved} to {target}" in said
    assert "FAILED" not in said
    failed = replace(good, state=ReceiptState.FAILED, is_verified=False, detail="no answer")
    for bad in (failed, replace(good, is_verified=False)):
        done, _, missing = notices.rolled_back("sandbox", [bad]).partition("FAILED")
        assert moved not in done
        assert f"{moved}: {bad.state}" in missing


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        (notices.planned("sandbox", 12), ("gate rollback status",)),
        (notices.planned("sandbox", 0), ("validated",)),
        (notices.scaled("sandbox", DUE, "DONE, five"), ("SCALE auth-service (P0)", "DONE, five")),
        (notices.slot("sandbox", "day", "checks", "x" * 900), ("day", "checks", "x" * 300)),
    ],
)
def test_every_notice_names_its_environment_and_how_it_ended(said: str, facts: tuple[str, ...]) -> None:
    """A planned rollback by its exit code, scaling by its receipts, a checkpoint by its result, cut short."""
    assert said.startswith("sandbox: ")
    assert [fact for fact in facts if fact not in said] == []
    assert len(said) < 400
