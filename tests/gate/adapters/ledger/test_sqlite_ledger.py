"""The ledger keeps what it was told, for two writers at once, and says clearly when it cannot."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gates.adapters.ledger import ledger_schema
from gates.adapters.ledger.ledger_history import past_runs
from gates.adapters.ledger.ledger_schema import SCHEMA_VERSION
from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.errors import LedgerError
from gates.model.criterion import Stage
from gates.model.drill import DrillKind
from gates.model.judgement import Judgement, Outcome
from gates.model.operation import OperationReceipt, OperationState
from gates.model.receipt import Receipt, ReceiptState
from gates.model.release import Release, RevisionRef, ServiceRelease
from gates.model.verdict import Scope, Verdict
from tests.support.builders import back, criterion, drill
from tests.support.fake_cloud import EPOCH, FakeClock

CRITERION = criterion(services=("a",))


def verdict(
    revision: str, *, outcome: Outcome = Outcome.PASS, at: datetime = EPOCH, environment: str = "sandbox"
) -> Verdict:
    """Return a verdict about one revision of service a."""
    candidate = RevisionRef(name=revision, digest=f"sha256:{revision}")
    return Verdict(
        release=Release(
            id="r1", environment=environment, services=(ServiceRelease(service="a", candidate=candidate),)
        ),
        scope=Scope(stage=Stage.IMMEDIATE),
        judgements=(Judgement(criterion=CRITERION, service="a", outcome=outcome, reason="seen"),),
        flaws=(),
        catalogue_digest="sha256:c",
        judged_at=at,
    )


RECEIPT = Receipt(
    action=back("a", reason="too slow"),
    state=ReceiptState.DONE,
    at=EPOCH,
    seconds=1.5,
    detail="a-1 has all traffic and answers",
    is_verified=True,
)

DRILL = drill(subject="a", rto_s=2.5, rpo_s=10.0, at=EPOCH, detail="3 of 5 rows came back")
OPERATION = OperationReceipt(
    action="maintenance",
    subject="a",
    environment="sandbox",
    state=OperationState.STARTED,
    before="a-1 100 %",
    after="",
    detail="planned work",
    by="somebody",
    at=EPOCH,
)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A place in a folder that does not exist yet."""
    return tmp_path / "reports" / "gate.sqlite3"


@pytest.fixture
def ledger(path: Path, clock: FakeClock) -> SqliteLedger:
    """An empty ledger."""
    return SqliteLedger(path, clock)


def names(found: tuple[RevisionRef, ...]) -> list[str]:
    """Return the revisions' names."""
    return [reference.name for reference in found]


def test_only_a_go_is_returned_newest_verdict_first(
    ledger: SqliteLedger, path: Path, clock: FakeClock
) -> None:
    """Other outcomes and other environments do not count; each revision comes once; another reader agrees."""
    ledger.record_verdict(verdict("a-1"), "run-1")
    ledger.record_verdict(verdict("a-2", at=EPOCH + timedelta(hours=2)), "run-2")
    ledger.record_verdict(verdict("a-1", at=EPOCH + timedelta(hours=1)), "run-3")
    ledger.record_verdict(verdict("a-3", outcome=Outcome.FAIL, at=EPOCH + timedelta(hours=3)), "run-4")
    ledger.record_verdict(verdict("a-4", outcome=Outcome.INCONCLUSIVE), "run-5")
    ledger.record_verdict(verdict("a-5", environment="production"), "run-6")
    found = SqliteLedger(path, clock).last_go("sandbox", "a")
    assert found == (
        RevisionRef(name="a-2", digest="sha256:a-2"),
        RevisionRef(name="a-1", digest="sha256:a-1"),
    )
    assert names(ledger.last_go("production", "a")) == ["a-5"]
    assert ledger.last_go("sandbox", "b") == ()


@pytest.mark.parametrize("stage", [Stage.READINESS, Stage.PRE_GOLIVE])
def test_a_go_before_there_is_traffic_says_nothing_of_service(ledger: SqliteLedger, stage: Stage) -> None:
    """It makes no way back, lifts no mark, and does not make a candidate an old acquaintance."""
    early = replace(verdict("a-1", at=EPOCH + timedelta(hours=1)), scope=Scope(stage=stage))
    ledger.quarantine("sandbox", "a", "a-1", "fails")
    ledger.record_verdict(early, "run-1")
    assert ledger.last_go("sandbox", "a") == ()
    assert ledger.went_since("sandbox", "a", EPOCH) == frozenset()
    assert ledger.is_quarantined("sandbox", "a", "a-1")


def test_what_went_since_is_told_by_the_first_go(ledger: SqliteLedger) -> None:
    """Going once more does not make a revision new; the moment itself counts."""
    for hours, revision in ((0, "a-1"), (2, "a-2"), (3, "a-1"), (4, "a-3")):
        ledger.record_verdict(verdict(revision, at=EPOCH + timedelta(hours=hours)), f"run-{hours}")
    ledger.record_verdict(verdict("a-9", environment="production", at=EPOCH + timedelta(hours=4)), "run-9")
    found = ledger.went_since("sandbox", "a", EPOCH + timedelta(hours=2))
    assert {reference.name for reference in found} == {"a-2", "a-3"}


def test_a_tombstone_holds_until_a_later_go(ledger: SqliteLedger) -> None:
    """An earlier GO and one at the same instant do not lift it, a later one does."""
    assert not ledger.is_quarantined("sandbox", "a", "a-2")
    ledger.record_verdict(verdict("a-2", at=EPOCH - timedelta(hours=1)), "run-0")
    ledger.quarantine("sandbox", "a", "a-2", "too slow")
    ledger.record_verdict(verdict("a-2", at=EPOCH), "run-1")
    assert ledger.is_quarantined("sandbox", "a", "a-2")
    assert not ledger.is_quarantined("production", "a", "a-2")
    assert not ledger.is_quarantined("sandbox", "a", "a-1")
    ledger.record_verdict(verdict("a-2", at=EPOCH + timedelta(seconds=1)), "run-2")
    assert not ledger.is_quarantined("sandbox", "a", "a-2")


def test_a_mark_after_the_go_that_lifted_one_holds_again(ledger: SqliteLedger, clock: FakeClock) -> None:
    """Marks and GOs are ordered by their time, not by their number."""
    ledger.quarantine("sandbox", "a", "a-2", "too slow")
    ledger.record_verdict(verdict("a-2", at=EPOCH + timedelta(seconds=1)), "run-1")
    clock.wait(2.0)
    ledger.quarantine("sandbox", "a", "a-2", "too slow again")
    assert ledger.is_quarantined("sandbox", "a", "a-2")


def test_the_last_verified_rollback_is_remembered(ledger: SqliteLedger) -> None:
    """A failed one is recorded and is not the last verified one."""
    assert ledger.last_rollback("sandbox", "a") is None
    ledger.record_rollback("sandbox", RECEIPT, "run-1")
    failed = replace(RECEIPT, state=ReceiptState.FAILED, is_verified=False)
    ledger.record_rollback("sandbox", failed, "run-2")
    assert ledger.last_rollback("sandbox", "a") == RECEIPT.action
    assert ledger.last_rollback("production", "a") is None


def test_a_choice_is_remembered_with_who_made_it(ledger: SqliteLedger) -> None:
    """Until the service is unpinned; a rollback by the gate itself names its run and nobody."""
    ledger.record_rollback("sandbox", RECEIPT, "run-1")
    automatic = ledger.last_choice("sandbox", "a")
    ledger.record_rollback("sandbox", RECEIPT, "rollback-2", by="alice")
    chosen = ledger.last_choice("sandbox", "a")

    assert automatic is not None
    assert chosen is not None
    assert (automatic.by, automatic.run_id) == ("", "run-1")
    assert (chosen.by, chosen.left, chosen.revision, chosen.at) == (
        "alice",
        RECEIPT.action.from_revision,
        RECEIPT.action.to_revision,
        RECEIPT.at,
    )
    assert ledger.last_choice("production", "a") is None


def test_two_writers_lose_nothing(path: Path, clock: FakeClock) -> None:
    """Threads with ledgers of their own, the file's creation included, write all their rows."""

    def write(number: int) -> None:
        SqliteLedger(path, clock).record_verdict(verdict(f"a-{number}"), f"run-{number}")

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(write, range(40)))
    assert len(SqliteLedger(path, clock).last_go("sandbox", "a")) == 40


def test_drills_come_back_newest_first(ledger: SqliteLedger) -> None:
    """Of one kind or of all, of one environment, and exactly as they were recorded."""
    later = replace(DRILL, at=EPOCH + timedelta(hours=1), rto_s=3.0, passed=False)
    other = replace(DRILL, kind=DrillKind.REDEPLOY, at=EPOCH + timedelta(minutes=1))
    for record in (later, DRILL, other, replace(DRILL, environment="production")):
        ledger.record_drill(record)
    assert ledger.drills("sandbox", DrillKind.RESTORE) == (later, DRILL)
    assert ledger.drills("sandbox") == (later, other, DRILL)
    assert ledger.drills("sandbox", DrillKind.PARTIAL) == ()


def test_operations_come_back_newest_first(ledger: SqliteLedger) -> None:
    """Each step is a row of its own, so that what was remembered before a crash is found again."""
    done = replace(OPERATION, state=OperationState.DONE, after="maintenance 100 %")
    other = replace(OPERATION, subject="b")
    for receipt in (OPERATION, done, other, replace(OPERATION, environment="production")):
        ledger.record_operation(receipt)
    assert ledger.operations("sandbox", "a") == (done, OPERATION)
    assert ledger.operations("sandbox") == (other, done, OPERATION)


@pytest.mark.parametrize("table", ["verdicts", "rollbacks", "tombstones", "drills", "operations"])
@pytest.mark.parametrize("change", ["delete from {table}", "update {table} set environment = 'b'"])
def test_rows_cannot_be_changed(ledger: SqliteLedger, path: Path, table: str, change: str) -> None:
    """The file itself refuses to change or forget."""
    ledger.record_verdict(verdict("a-1"), "run-1")
    ledger.record_rollback("sandbox", RECEIPT, "run-1")
    ledger.quarantine("sandbox", "a", "a-2", "too slow")
    ledger.record_drill(DRILL)
    ledger.record_operation(OPERATION)
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"),
    ):
        connection.execute(change.format(table=table))


def test_a_file_of_the_first_schema_gets_the_new_tables(ledger: SqliteLedger, path: Path) -> None:
    """What an older gate recorded stays, and drills can be recorded beside it."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ledger_schema._FIRST)
        connection.execute(f"pragma application_id = {ledger_schema._APPLICATION_ID}")
        connection.execute("pragma user_version = 1")
        connection.execute(
            "insert into verdicts values (1, 'sandbox', 'a', 'a-1', 'sha256:a', 'GO', 'immediate', '', 't')"
        )
        connection.commit()
    ledger.record_drill(DRILL)
    assert names(ledger.last_go("sandbox", "a")) == ["a-1"]
    assert ledger.drills("sandbox") == (DRILL,)


def test_a_file_that_is_no_database_is_named(ledger: SqliteLedger, path: Path) -> None:
    """Garbage is never overwritten; the error says which file and what to do."""
    path.parent.mkdir()
    path.write_bytes(b"not a database, but long enough to be mistaken for one " * 100)
    with pytest.raises(LedgerError, match=r"gate\.sqlite3 cannot be used") as caught:
        ledger.last_go("sandbox", "a")
    assert "--to" in caught.value.next_step
    assert path.read_bytes().startswith(b"not a database")


def test_a_damaged_ledger_is_named(ledger: SqliteLedger, path: Path) -> None:
    """A ledger with overwritten pages is an error, not an empty answer."""
    ledger.record_verdict(verdict("a-1"), "run-1")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    with pytest.raises(LedgerError, match="cannot be used"):
        ledger.last_go("sandbox", "a")


def test_a_foreign_database_is_left_alone(ledger: SqliteLedger, path: Path) -> None:
    """A database of another program is not given our tables."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table other (x)")
    with pytest.raises(LedgerError, match="not a ledger of the gate"):
        ledger.record_rollback("sandbox", RECEIPT, "run-1")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select name from sqlite_schema").fetchall() == [("other",)]


def test_the_schema_of_a_newer_gate_is_refused(ledger: SqliteLedger, path: Path) -> None:
    """An older gate never writes into what it does not know."""
    ledger.record_rollback("sandbox", RECEIPT, "run-1")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"pragma user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(LedgerError, match=f"schema {SCHEMA_VERSION + 1}, this gate knows {SCHEMA_VERSION}"):
        ledger.last_go("sandbox", "a")


@pytest.mark.parametrize("said", ["true", "false", ""])
def test_a_ci_job_hears_once_that_its_new_ledger_may_vanish(
    ledger: SqliteLedger,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    said: str,
) -> None:
    """At the first look into a new file; nobody hears it who is no job, or whose file was there."""
    for name in ("TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION", "CODEBUILD_BUILD_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CI", said)
    ledger.last_go("sandbox", "a")
    told = [record.getMessage() for record in caplog.records]
    assert [f"CI is set and the ledger {path} is new" in text for text in told] == [True] * (said == "true")

    ledger.last_go("sandbox", "a")
    assert len(caplog.records) == len(told)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, clock: FakeClock) -> None:
    """A path through a file is an error of the ledger, not of Python."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot be used"):
        SqliteLedger(tmp_path / "file" / "gate.sqlite3", clock).last_go("sandbox", "a")


def test_many_may_come_first(tmp_path: Path) -> None:
    """Nine threads that meet a file that does not exist yet all find the ledger."""
    ledger = SqliteLedger(tmp_path / "new" / "gate.sqlite3")
    together = threading.Barrier(9)

    def ask(number: int) -> tuple[RevisionRef, ...]:
        together.wait()
        return ledger.last_go("sandbox", f"service-{number}")

    with ThreadPoolExecutor(9) as pool:
        assert list(pool.map(ask, range(9))) == [()] * 9


def test_every_run_is_remembered_with_its_checks(ledger: SqliteLedger, path: Path) -> None:
    """Newest first, of one environment, with outcome, scope, images and every judgement."""
    ledger.record_verdict(verdict("a-1"), "run-1")
    ledger.record_verdict(verdict("a-2", at=EPOCH + timedelta(hours=1), outcome=Outcome.FAIL), "run-2")
    ledger.record_verdict(verdict("a-3", environment="production"), "run-3")
    found = past_runs(path, "sandbox")
    assert [run.run_id for run in found] == ["run-2", "run-1"]
    assert {check.outcome for check in found[0].checks} == {Outcome.FAIL}
    assert found[0].images == tuple(
        (part.service, part.candidate.digest) for part in verdict("a-2").release.services
    )
