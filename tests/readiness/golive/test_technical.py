"""GLV-01 … GLV-07: what was done in the week before the go-live, about exactly this release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gates.model.criterion import PLATFORM, Stage
from gates.model.drill import DrillKind, DrillRecord
from gates.model.history import PastRun
from gates.model.target import Target
from gates.model.verdict import VerdictOutcome
from journeys.checks import demand
from tests.readiness.golive.twins import differences
from tests.readiness.loads import demand_load
from tests.readiness.operations import drilled
from tests.readiness.records import demand_held, not_on_record


@pytest.mark.criterion("GLV-01")
def test_readiness_is_go(target: Target, history: tuple[PastRun, ...]) -> None:
    """The newest full run of the readiness stage said GO, about exactly these revisions."""
    newest = next((run for run in history if run.stage is Stage.READINESS and not run.is_partial), None)
    if newest is None:
        not_on_record(
            "no full run of the readiness stage is on record",
            command=f"gate run --env {target.environment} --stage readiness",
        )
    is_go = newest.outcome is VerdictOutcome.GO
    demand(is_go, f"the last verdict on readiness ({newest.run_id}) is {newest.outcome}", blames=PLATFORM)
    is_this = newest.fingerprint == target.fingerprint
    demand(is_this, f"the readiness verdict {newest.run_id} is about other revisions", blames=PLATFORM)


@pytest.mark.criterion("GLV-02")
def test_staging_matches_production(
    target: Target, rehearsal: Target | None, google: Callable[[type[Any]], Any]
) -> None:
    """Every service is configured alike where it was rehearsed and where it goes live."""
    if rehearsal is None:
        pytest.skip(f"releases of {target.environment} are rehearsed in {target.environment} itself")
    for service, found in differences(google, target, rehearsal):
        demand(not found, f"configured otherwise than in the rehearsal: {', '.join(found)}", blames=service)


@pytest.mark.criterion("GLV-03")
def test_end_to_end_completed(target: Target, rehearsals: tuple[PastRun, ...], rehearsed_at: str) -> None:
    """Every journey was run in the rehearsal about these images, and passed."""
    demand_held(rehearsals, target, "JRN-", place=rehearsed_at)


@pytest.mark.criterion("GLV-04")
def test_load_was_acceptable(target: Target, rehearsals: tuple[PastRun, ...], rehearsed_at: str) -> None:
    """The load of the agreed size kept every level in the rehearsal."""
    demand_load(rehearsals, target, place=rehearsed_at)


@pytest.mark.criterion("GLV-05")
def test_no_critical_finding(target: Target, rehearsals: tuple[PastRun, ...], rehearsed_at: str) -> None:
    """Every blocking security check of this release passed."""
    demand_held(rehearsals, target, "SEC-", place=rehearsed_at)


@pytest.mark.criterion("GLV-06")
def test_recovery_drill_is_recent(rehearsed_drills: tuple[DrillRecord, ...], rehearsed_at: str) -> None:
    """The newest restore was verified, and is not older than a drill may be."""
    drilled.restore(rehearsed_drills, blames=PLATFORM, place=rehearsed_at)


@pytest.mark.criterion("GLV-07")
def test_rollback_was_verified(rehearsed_drills: tuple[DrillRecord, ...], rehearsed_at: str) -> None:
    """The newest rollback drill of the rehearsal was verified."""
    of_kind = [one for one in rehearsed_drills if one.kind is DrillKind.ROLLBACK]
    if not of_kind:
        not_on_record("no rollback drill is on record", command=drilled.command(rehearsed_at))
    drilled.newest(
        rehearsed_drills, of_kind[0].subject, DrillKind.ROLLBACK, blames=PLATFORM, place=rehearsed_at
    )
