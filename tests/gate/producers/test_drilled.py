"""Which recorded drill counts as evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gates.model.drill import DrillKind, DrillRecord
from journeys.checks import DemandNotMetError
from tests.readiness.operations import drilled
from tests.support.builders import drill

NOW = datetime.now(UTC)
GOOD = drill(at=NOW)


def test_the_newest_good_drill_counts() -> None:
    """Of the kinds and the subject that are asked for."""
    other = replace(GOOD, kind=DrillKind.REDEPLOY, subject="a")
    assert drilled.restore([other, GOOD], blames="platform", place="sandbox") == GOOD
    found = drilled.newest(
        [GOOD, other], "a", DrillKind.REDEPLOY, DrillKind.REDEPLOY_ALL, blames="a", place="sandbox"
    )
    assert found == other


@pytest.mark.parametrize(
    ("drills", "why"),
    [
        ([], "no recent restore drill"),
        ([replace(GOOD, subject="a")], "no recent restore drill"),
        ([replace(GOOD, kind=DrillKind.ROLLBACK)], "no recent restore drill"),
    ],
)
def test_what_was_not_drilled_is_never_green(drills: list[DrillRecord], why: str) -> None:
    """None, or another one: not run, and nobody is blamed."""
    with pytest.raises(pytest.skip.Exception, match=f"{why}.*; run: `gate drill all --env sandbox`"):
        drilled.restore(drills, blames="platform", place="sandbox")


def test_a_drill_that_failed_is_red_whatever_passed_before() -> None:
    """The newest one counts."""
    failed = replace(GOOD, passed=False, detail="rows are gone")
    with pytest.raises(DemandNotMetError, match="rows are gone"):
        drilled.restore([failed, GOOD], blames="platform", place="sandbox")
