"""Whose signed word lets the gate roll back by itself: in doubt, nobody's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gates.evidence.authority import AuthorityReading, grants, in_force
from gates.model.criterion import Priority
from gates.model.platform import MatrixRow, Platform, ServiceSpec
from gates.model.statement import SeenStatement, StatementKind, platform_digest
from tests.support.builders import NOW
from tests.support.signing import PLATFORM as NAME
from tests.support.signing import seen

HOUSE = Platform(
    name=NAME,
    services=(ServiceSpec(name="auth-service", title="Auth", tier="t"),),
    tiers=(),
    matrix=(
        MatrixRow(priority=Priority.P0, response_time=None, rollback_type="automatic", authority="on-call"),
        MatrixRow(priority=Priority.P2, response_time=None, rollback_type="planned", authority="manager"),
    ),
    roles=("on-call", "manager"),
    digest="sha256:0",
)
READING = AuthorityReading(platform=HOUSE, environment="sandbox", now=NOW)


def grant(objection: str = "", **changes: Any) -> SeenStatement:
    """Return a grant of P0 by the one on call, live and well signed."""
    about = {"subject": "P0", "digest": platform_digest(NAME), "role": "on-call"}
    return seen(objection, kind=StatementKind.STANDING_AUTHORITY, **{**about, **changes})


def test_a_good_grant_is_in_force_with_its_scope() -> None:
    """What it covers, until when, and whose word it is."""
    (whole, one) = in_force((grant(), grant(service="auth-service")), READING)
    assert (whole.priority, whole.by, whole.service) == (Priority.P0, "person-one", None)
    assert (one.service, one.expires_at) == ("auth-service", NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (grant("it is not signed yet"), "not signed"),
        (grant(expires_at=NOW), "expired"),
        (grant(issued_at=NOW + timedelta(minutes=5)), "from the future"),
        (grant(expires_at=NOW + timedelta(days=91)), "at most 90 days"),
        (grant(role="manager"), "P0 is for the on-call to grant"),
        (grant(subject="P2", role="manager"), "only P0 and P1"),
        (grant(digest=platform_digest("other")), "another platform"),
        (grant(service="no-such-service"), "no service"),
    ],
)
def test_a_grant_that_does_not_hold_says_why(wrong: SeenStatement, said: str) -> None:
    """It is shown with its defect, and covers nothing."""
    (found,) = grants((wrong,), READING)
    assert said in found.objection
    assert in_force((wrong,), READING) == ()


def test_a_grant_of_another_environment_and_other_statements_are_no_grants() -> None:
    """Nothing was said here about rolling back."""
    others = (grant(environment="staging"), seen(), seen(kind=StatementKind.WAIVER), grant(subject="P9"))
    assert grants(others, READING) == ()


def test_what_was_taken_back_counts_no_longer_even_when_the_no_is_not_signed() -> None:
    """In doubt a person is asked; a later grant counts again, and a part taken back takes the whole."""
    early = grant(issued_at=NOW - timedelta(hours=3))
    no = grant("it is not signed yet", refuses=True, issued_at=NOW - timedelta(hours=2))
    assert "took it back" in grants((early, no), READING)[0].objection
    assert len(in_force((early, no, grant()), READING)) == 1
    narrow = grant(refuses=True, service="auth-service", issued_at=NOW - timedelta(minutes=1))
    assert in_force((early, narrow), READING) == ()
    behind = grant(refuses=True, issued_at=early.statement.issued_at - timedelta(seconds=90))  # type: ignore[union-attr]
    assert in_force((early, behind), READING) == ()


def test_one_file_that_nobody_can_read_voids_all() -> None:
    """It may have been the one that took it back."""
    damaged = SeenStatement(file="x.json", statement=None, objection="cut", is_damaged=True)
    assert in_force((grant(), damaged), READING) == ()
    assert "x.json: cut" in grants((grant(), damaged), READING)[0].objection
