"""Drills against the real services: what they measure is what was injected, and a broken recovery is red.

The platform counts the seconds that were injected and takes a hundredth of them. The drill reads that count
as its clock. So a measurement is exact, however fast or busy the machine is.
"""

from __future__ import annotations

import pytest

from gates.model.drill import DrillKind, DrillRecord
from gates.model.exit_code import ExitCode
from tests.sandbox.operations.conftest import Bench

INJECTED_S = 4.0
THREE_DAYS_S = 3 * 86400.0


def newest(bench: Bench, kind: DrillKind) -> DrillRecord:
    """Return the newest drill of that kind."""
    return bench.context.ledger.drills("sandbox", kind)[0]


def test_a_restore_measures_the_injected_time(bench: Bench) -> None:
    """Rows of before are back, later ones are lost; the time counts from the disaster on."""
    assert bench.gate("drill restore") is ExitCode.GO
    with bench.injected(sql_operation_s=INJECTED_S):
        found = bench.room.drills().restore(("viewer-2", "responder-2"))
    assert found.passed
    assert found.rto_s == pytest.approx(INJECTED_S)
    assert "3 marks came back, 3 later ones are lost" in found.detail


def test_old_backups_are_measured_as_lost_data(bench: Bench) -> None:
    """Automated backups stopped three days ago: so much would be lost."""
    with bench.disturbed("backups-old"):
        found = bench.room.drills().restore(("analyst", "manager"))
    assert found.passed
    assert THREE_DAYS_S <= found.rpo_s < 2 * THREE_DAYS_S


def test_a_restore_that_loses_rows_does_not_pass(bench: Bench) -> None:
    """The cloud says that it went well; the marks say that it did not."""
    with bench.disturbed("restore-loses-rows"):
        found = bench.room.drills().restore(("analyst-2", "manager-2"))
    assert not found.passed
    assert "is gone from" in found.detail


def test_a_redeployment_measures_the_injected_cold_start(bench: Bench) -> None:
    """To the service's own proof, by its new revision's name."""
    with bench.injected(extra_cold_start_s=INJECTED_S):
        assert bench.gate("drill redeploy threat-detection") is ExitCode.GO
    found = newest(bench, DrillKind.REDEPLOY)
    assert (found.subject, found.passed, found.rpo_s) == ("threat-detection", True, 0.0)
    assert found.rto_s == pytest.approx(INJECTED_S)


def test_a_rollback_measures_the_injected_latency_and_lag(bench: Bench) -> None:
    """Back and forth; afterwards the traffic is what it was."""
    before = bench.context.cloud.describe("asset-discovery").traffic
    bench.gate("drill redeploy asset-discovery")
    with bench.injected(operation_latency_s=INJECTED_S / 2, traffic_lag_s=INJECTED_S / 2):
        assert bench.gate("drill rollback asset-discovery") is ExitCode.GO
    assert newest(bench, DrillKind.ROLLBACK).rto_s == pytest.approx(INJECTED_S)
    assert bench.context.cloud.describe("asset-discovery").traffic == before


def test_everything_is_redeployed_and_partly_recovered(bench: Bench) -> None:
    """One record for each service; a partial recovery goes back to today's image."""
    assert bench.gate("drill redeploy-all") is ExitCode.GO
    found = bench.context.ledger.drills("sandbox", DrillKind.REDEPLOY_ALL)
    assert {one.subject for one in found} == set(bench.context.platform.service_names)
    assert all(one.passed for one in found)
    digest = bench.context.cloud.revisions("nlp-assistant")[0].digest
    assert bench.gate("drill partial nlp-assistant") is ExitCode.GO
    assert bench.context.cloud.revisions("nlp-assistant")[0].digest == digest
    assert bench.gate("drill report") is ExitCode.GO
