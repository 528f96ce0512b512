"""TST-06, TST-07: recovery was drilled and measured; this release's rollback was rehearsed and verified."""

from __future__ import annotations

import pytest

from gates.model.criterion import PLATFORM
from gates.model.drill import DrillKind, DrillRecord
from gates.model.target import Target
from tests.readiness.operations import drilled
from tests.readiness.records import not_on_record


@pytest.mark.criterion("TST-06")
def test_recovery_was_drilled(drills: tuple[DrillRecord, ...], place: str) -> None:
    """A restore of the database is on record, recent and passed."""
    drilled.restore(drills, blames=PLATFORM, place=place)


@pytest.mark.criterion("TST-07")
def test_rollback_was_rehearsed(target: Target, drills: tuple[DrillRecord, ...]) -> None:
    """The newest rollback drill was about exactly these revisions, and was verified."""
    of_kind = [one for one in drills if one.kind is DrillKind.ROLLBACK]
    if not of_kind:
        not_on_record("no rollback drill is on record", command=drilled.command(target.environment))
    newest = drilled.newest(
        drills, of_kind[0].subject, DrillKind.ROLLBACK, blames=PLATFORM, place=target.environment
    )
    if newest.fingerprint != target.fingerprint:
        not_on_record(
            "the newest rollback drill was about other revisions", command=drilled.command(target.environment)
        )
