"""A go-live needs every role, from different people with different keys, about exactly this evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gates.decision.approval import Approvals, Question, approvals
from gates.model.statement import SeenStatement, StatementKind
from tests.support.builders import NOW
from tests.support.signing import seen

ROLES = ("technical-lead", "security-team-lead", "operations-manager", "product-owner")
QUESTION = Question(run_id="r1", digest="sha256:root", environment="sandbox", roles=ROLES, now=NOW)


def approval(role: str, **changes: Any) -> SeenStatement:
    """Return a good approval by a person and a key of its own."""
    values = {"kind": StatementKind.APPROVAL, "subject": "r1", "digest": "sha256:root", "role": role}
    return seen(**{**values, "by": f"the {role}", "key": f"key of {role}", **changes})


def four(**changes_of_last: Any) -> Approvals:
    """Ask about three good approvals and a changed fourth."""
    said = [approval(role) for role in ROLES[:3]]
    return approvals([*said, approval(ROLES[3], **changes_of_last)], QUESTION)


def test_four_people_with_four_keys_are_enough() -> None:
    """In any order."""
    assert four().is_complete
    assert approvals([approval(role) for role in reversed(ROLES)], QUESTION).is_complete


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"digest": "sha256:changed"}, "changed since"),
        ({"subject": "r2"}, "has not signed"),
        ({"environment": "staging"}, "signed for staging"),
        ({"expires_at": NOW}, "expired"),
        ({"expires_at": NOW + timedelta(days=31)}, "at most 30 days"),
        ({"issued_at": NOW + timedelta(minutes=1)}, "future"),
        ({"objection": "forged"}, "forged"),
        ({"refuses": True, "reason": "not today"}, "not today"),
        ({"kind": StatementKind.ATTESTATION}, "has not signed"),
        ({"by": "the technical-lead"}, "another role too"),
        ({"key": "key of technical-lead"}, "another role too"),
    ],
)
def test_an_approval_that_does_not_count_is_missing(changes: dict[str, Any], said: str) -> None:
    """Other evidence, run or place, late, early, forged, a no, one person or one key in two roles."""
    found = four(**changes)
    assert not found.is_complete
    assert any(said in why for _, why in found.missing)


@pytest.mark.parametrize("objection", ["it is not signed yet", "forged"])
def test_a_refusal_counts_whatever_its_signature_is_worth(objection: str) -> None:
    """Beside a yes of the same role, too."""
    said = [approval(role) for role in ROLES]
    no = approval(ROLES[0], refuses=True, reason="data loss", objection=objection)
    assert approvals([*said, no], QUESTION).missing == ((ROLES[0], "refuses: data loss"),)


def test_a_damaged_statement_about_the_run_may_be_a_refusal() -> None:
    """Nobody is complete before somebody looked; what is damaged elsewhere is no matter of this run."""
    said = [approval(role) for role in ROLES]
    damaged = SeenStatement(file="approval-r1-x.json", statement=None, objection="cut", is_damaged=True)
    elsewhere = replace(damaged, file="approval-other-x.json")
    assert not approvals([*said, damaged], QUESTION).is_complete
    assert approvals([*said, elsewhere], QUESTION).is_complete


def test_nobody_asked_is_nobody_approved() -> None:
    """Without roles there is nothing to be complete."""
    question = Question(run_id="r1", digest="d", environment="sandbox", roles=(), now=NOW)
    assert not approvals([], question).is_complete
