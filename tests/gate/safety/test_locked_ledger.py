"""A ledger that another process keeps locked delays no action for long, and what it misses is said."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from gates.adapters.ledger import ledger_file
from gates.adapters.ledger.journal import SqliteJournal
from gates.adapters.ledger.ledger_file import ACTING_S, PATIENT_S, LedgerFile, acting_file
from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.decision.ending import rolled_back
from gates.errors import LedgerError
from gates.model.exit_code import ExitCode
from gates.model.verdict import Verdict
from gates.workflows.rollback import RollbackEngine
from tests.support.fake_cloud import fake_ports
from tests.support.nine_services import ENVIRONMENT, PLATFORM, SERVICES, World
from tests.support.release_run import Run

SHORT_S = 0.2


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a ledger with its schema; what acts waits a fifth of a second in this test."""
    monkeypatch.setattr(ledger_file, "ACTING_S", SHORT_S)
    file = tmp_path / "gate.sqlite3"
    SqliteLedger(file).operations("sandbox")
    return file


@pytest.fixture
def lock(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process's transaction on that file, which does not end."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("begin immediate")
        yield other


def verdict(value: float) -> Verdict:
    """Return the verdict about a release: GO with 0."""
    return Run(lambda *_: value).go().verdict


def test_a_rollback_does_not_wait_for_a_locked_ledger(path: Path, lock: sqlite3.Connection) -> None:
    """It has several records to write for each service; all together wait less than one write used to."""
    world = World()
    ports = replace(
        fake_ports(world.cloud, world.ledger), ledger=SqliteLedger(path), journal=SqliteJournal(path)
    )
    engine = RollbackEngine(ENVIRONMENT, PLATFORM, ports, run_id="r")
    plan = engine.plan(SERVICES, reason="slow")
    began = time.monotonic()
    receipts = engine.execute(plan, lambda _receipt: None)

    assert time.monotonic() - began < PATIENT_S
    assert [receipt.is_verified for receipt in receipts] == [True] * len(SERVICES)
    assert all("NOT RECORDED: the ledger" in receipt.detail for receipt in receipts)
    assert all("is locked by another process" in receipt.detail for receipt in receipts)
    assert rolled_back(plan, receipts) is ExitCode.GO


def test_what_acts_waits_for_a_moment_only() -> None:
    """A person waits for a rollback; the limits are what the documents say."""
    assert (ACTING_S, PATIENT_S) == (2.0, 10.0)


def test_whoever_finds_the_file_locked_spares_the_others_the_wait(
    path: Path, lock: sqlite3.Connection
) -> None:
    """Journal, ledger and incidents share what one of them found out, until a write succeeds."""
    ledger = SqliteLedger(path)
    assert acting_file(path).wait_s == SHORT_S
    with pytest.raises(LedgerError), SqliteJournal(path).hold("sandbox", "run-1"):
        pass
    assert acting_file(path).wait_s < SHORT_S
    lock.execute("rollback")
    ledger.quarantine("sandbox", "a", "a-2", "slow")
    assert acting_file(path).wait_s == SHORT_S


def test_a_go_waits_for_its_record_and_a_no_go_does_not(path: Path, lock: sqlite3.Connection) -> None:
    """Nothing goes that is not on record, and nothing waits behind it."""
    ledger, go, no_go = SqliteLedger(path), verdict(0.0), verdict(1.0)
    with pytest.raises(LedgerError, match="locked"):
        ledger.record_verdict(no_go, "run-1")
    later = threading.Timer(5 * SHORT_S, lambda: lock.execute("rollback"))
    later.start()
    ledger.record_verdict(go, "run-2")
    later.join()

    assert ledger.last_go("sandbox", "frontend")


def test_a_file_that_another_process_sets_up_is_not_waited_for_without_end(tmp_path: Path) -> None:
    """That process may have been stopped in the middle."""
    file = tmp_path / "gate.sqlite3"
    with Path(f"{file}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LedgerError, match="locked"), LedgerFile(file, wait_s=SHORT_S).reading():
            pass
