"""What is done to the database leaves a receipt, and a restore says what it loses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gates.errors import UsageError
from gates.model.operation import OperationState
from gates.operations.database import DatabaseOperations, freshness
from tests.support.fake_clock import EPOCH
from tests.support.fake_operations import FakeDatabase, FakeOperationsLedger, backup, database, performer


@pytest.fixture
def found() -> FakeDatabase:
    """A database with a failed newest backup, a good one of ten minutes and one of a day."""
    return database(
        backup("failed", age_s=60, status="FAILED"), backup("b-2", age_s=600), backup("b-1", age_s=86400)
    )


@pytest.fixture
def operations(found: FakeDatabase) -> DatabaseOperations:
    """The operations over fakes."""
    return DatabaseOperations(found, performer(FakeOperationsLedger()))


def test_a_restore_says_what_is_lost(operations: DatabaseOperations, found: FakeDatabase) -> None:
    """The moment before and after, and the seconds in between."""
    receipt = operations.restore("b-2", is_dry=False)
    assert found.done == ["restore b-2"]
    assert "600 s is lost" in receipt.detail
    assert receipt.after == "as of 2024-12-31 23:50:00 UTC"


@pytest.mark.parametrize("number", ["failed", "nothing"])
def test_only_a_usable_backup_is_restored(
    operations: DatabaseOperations, found: FakeDatabase, number: str
) -> None:
    """A failed one and an unknown one are refused before anything is sent, with those that can be used."""
    with pytest.raises(UsageError, match="usable backup") as caught:
        operations.restore(number, is_dry=False)
    assert "b-2, b-1" in caught.value.next_step
    assert found.done == []


def test_dry_runs_name_the_calls(operations: DatabaseOperations, found: FakeDatabase) -> None:
    """Each action, and nothing is sent."""
    details = [
        operations.restore("b-2", is_dry=True).detail,
        operations.restart(is_dry=True).detail,
        operations.back_up(is_dry=True).detail,
        operations.set_window("MON", 3, is_dry=True).detail,
    ]
    assert [detail.split()[0] for detail in details] == ["POST", "POST", "POST", "PATCH"]
    assert "backupRunId=b-2" in details[0]
    assert found.done == []


def test_the_window_moves_once(operations: DatabaseOperations, found: FakeDatabase) -> None:
    """By the day's number, Monday first; the same window again is nothing to do."""
    assert operations.set_window("MON", 3, is_dry=False).before == "SUN 02:00 UTC"
    assert found.done == ["window 1 3"]
    assert operations.set_window("MON", 3, is_dry=False).state is OperationState.ALREADY_DONE
    with pytest.raises(UsageError, match="is not a day"):
        operations.set_window("SOMEDAY", 3, is_dry=False)


def test_a_failure_is_a_receipt(operations: DatabaseOperations, found: FakeDatabase) -> None:
    """Of a restart and of a backup."""
    found.refuses = True
    assert operations.restart(is_dry=False).state is OperationState.FAILED
    assert operations.back_up(is_dry=False).state is OperationState.FAILED


def test_a_restart_and_a_backup_are_done(operations: DatabaseOperations, found: FakeDatabase) -> None:
    """Each once."""
    operations.restart(is_dry=False)
    operations.back_up(is_dry=False)
    assert found.done == ["restart", "backup"]


def test_freshness_counts_usable_backups_alone(found: FakeDatabase) -> None:
    """The newest one failed, so ten minutes would be lost; without a usable one everything."""
    lost, rests_on = freshness(found.found, found.stored, EPOCH)
    assert lost == timedelta(minutes=10)
    assert "point-in-time recovery is off" in rests_on
    assert freshness(found.found, found.stored[:1], EPOCH)[0] is None
