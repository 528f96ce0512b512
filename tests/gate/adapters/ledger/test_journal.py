"""The journal and the lease in the ledger's file: who may write, and what is left after a crash."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from gates.adapters.ledger import ledger_schema
from gates.adapters.ledger.journal import SqliteJournal
from gates.errors import LeaseHeldError, LeaseLostError, LedgerError
from gates.model.decision import RollbackPlan
from gates.model.receipt import Receipt, ReceiptState
from gates.model.traffic import TrafficSplit, TrafficTarget
from tests.support.builders import back
from tests.support.fake_clock import EPOCH, FakeClock

LEASE = timedelta(seconds=30)
BEAT = timedelta(milliseconds=20)
BEFORE = TrafficSplit(targets=(TrafficTarget(revision="a-2", percent=100),))


def ended(service: str, *, is_verified: bool = True) -> Receipt:
    """Return how it ended."""
    state = ReceiptState.DONE if is_verified else ReceiptState.FAILED
    return Receipt(
        action=back(service), state=state, at=EPOCH, seconds=1.0, detail="", is_verified=is_verified
    )


PLAN = RollbackPlan(waves=((back("a"),), (back("b"), back("c"))))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The ledger's file."""
    return tmp_path / "gate.sqlite3"


@pytest.fixture
def clock() -> FakeClock:
    """A clock of the tests."""
    return FakeClock()


@pytest.fixture
def journal(path: Path, clock: FakeClock) -> SqliteJournal:
    """A journal on that file and clock."""
    return SqliteJournal(path, clock, lease=LEASE)


def test_what_was_begun_and_not_closed_is_known_with_what_is_left(journal: SqliteJournal) -> None:
    """The whole plan, who is back, for whom a write was announced; a failure is left to do."""
    with journal.hold("sandbox", "run-1") as lease:
        lease.begin(PLAN)
        lease.intend(back("a"), BEFORE, "etag")
        lease.ended(ended("a"))
        lease.intend(back("b"), BEFORE, "etag")
        lease.ended(ended("b", is_verified=False))

    (found,) = journal.unfinished("sandbox")
    assert (found.run_id, found.plan, found.begun_at) == ("run-1", PLAN, EPOCH)
    assert (found.ended, found.intended) == (("a",), ("a", "b"))
    assert found.rest == RollbackPlan(waves=((back("b"), back("c")),))
    assert journal.unfinished("production") == ()


def test_what_was_closed_is_not_unfinished_and_a_run_may_begin_again(journal: SqliteJournal) -> None:
    """Resuming begins the same run with the rest; closing it ends all of it."""
    with journal.hold("sandbox", "run-1") as lease:
        lease.begin(PLAN)
        lease.ended(ended("a"))
    (found,) = journal.unfinished("sandbox")
    with journal.hold("sandbox", "run-1") as lease:
        lease.begin(found.rest)
        assert journal.unfinished("sandbox") == (found,)
        lease.close("every service is back")

    assert journal.unfinished("sandbox") == ()


def test_an_intention_without_a_plan_leaves_nothing_to_finish(journal: SqliteJournal) -> None:
    """Ending a pin notes what it writes; status and resume of rollbacks go on working after it."""
    with journal.hold("sandbox", "unpin-1") as lease:
        lease.intend(back("a"), BEFORE, "e1")
    assert journal.unfinished("sandbox") == ()
    with journal.hold("sandbox", "r1") as lease:
        lease.begin(PLAN)
    assert [one.run_id for one in journal.unfinished("sandbox")] == ["r1"]


def test_a_second_gate_hears_who_holds_the_lease(path: Path) -> None:
    """One environment at a time; another environment is free."""
    journal = SqliteJournal(path, beat=BEAT)
    with journal.hold("sandbox", "run-1"):
        with pytest.raises(LeaseHeldError) as caught, journal.hold("sandbox", "run-2"):
            pass
        assert f"run-1 (process {os.getpid()} on " in caught.value.cause
        with journal.hold("staging", "run-2"):
            pass
    with journal.hold("sandbox", "run-2"):
        pass


def test_a_gate_that_was_paused_past_its_lease_writes_nothing_more(
    path: Path, journal: SqliteJournal, clock: FakeClock
) -> None:
    """The other one took over: the first finds another epoch before its next write."""
    with journal.hold("sandbox", "run-1") as first:
        first.begin(PLAN)
        clock.wait(LEASE.total_seconds() + 1)
        with SqliteJournal(path, clock, lease=LEASE).hold("sandbox", "run-2") as second:
            second.begin(PLAN)
            with pytest.raises(LeaseLostError, match="run-2 took over"):
                first.intend(back("a"), BEFORE, "etag")
            with pytest.raises(LeaseLostError):
                first.ended(ended("a"))
            with pytest.raises(LeaseLostError):
                first.close("done")
            with pytest.raises(LeaseLostError):
                first.confirm()
            with pytest.raises(LeaseLostError, match="run-2 took over"):
                journal.fence("sandbox")
            second.confirm()
            second.intend(back("a"), BEFORE, "etag")
        # leaving the first block gives nothing back that is the second's
    assert [u.intended for u in journal.unfinished("sandbox")] == [(), ("a",)]


def test_a_holder_whose_heart_beats_is_alive_whatever_its_process_id_says(path: Path) -> None:
    """Seen from another container of the same host name, the process with that id is dead, or is another."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    journal = SqliteJournal(path, beat=BEAT)
    with journal.hold("sandbox", "run-1") as lease:
        _change(path, "update leases set pid = ?", ended.pid)
        with pytest.raises(LeaseHeldError, match="run-1"), journal.hold("sandbox", "run-2"):
            pytest.fail("nobody may get here")
        lease.begin(PLAN)


def test_who_holds_nothing_or_cannot_ask_is_not_fenced_off(path: Path, journal: SqliteJournal) -> None:
    """What only records never stops what acts."""
    journal.fence("sandbox")
    with journal.hold("sandbox", "run-1"):
        journal.fence("sandbox")
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        path.write_text("no database", encoding="utf-8")
        journal.fence("sandbox")


def test_the_lease_of_a_process_that_died_is_taken_over_once_it_was_silent(path: Path) -> None:
    """After kill -9 its heart is watched for the length of a lease, on the watcher's own clock."""
    script = (
        "import os, sys, signal; from pathlib import Path\n"
        "from gates.adapters.ledger.journal import SqliteJournal\n"
        "with SqliteJournal(Path(sys.argv[1])).hold('sandbox', 'run-1'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    died = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert died.returncode == -9

    clock = FakeClock()  # far in the past: by the times in the file the lease would last for months
    with SqliteJournal(path, clock, lease=LEASE).hold("sandbox", "run-2") as lease:
        assert lease.epoch == 2
    assert LEASE.total_seconds() <= clock.monotonic() < 2 * LEASE.total_seconds()


def test_a_holder_that_said_nothing_for_ten_leases_is_not_watched_first(
    path: Path, journal: SqliteJournal, clock: FakeClock
) -> None:
    """Whoever comes long after a crash does not wait."""
    with journal.hold("sandbox", "run-1"):
        clock.wait(10 * LEASE.total_seconds())
        before = clock.monotonic()
        with journal.hold("sandbox", "run-2"):
            assert clock.monotonic() == before


def test_a_gate_that_was_stopped_and_woken_after_its_lease_was_taken_does_not_act(path: Path) -> None:
    """SIGSTOP silences its heart; its first question after SIGCONT tells it that its lease is gone."""
    script = (
        "import sys; from datetime import timedelta; from pathlib import Path\n"
        "from gates.adapters.ledger.journal import SqliteJournal; from gates.errors import LeaseLostError\n"
        "journal = SqliteJournal(Path(sys.argv[1]), beat=timedelta(seconds=0.02))\n"
        "with journal.hold('sandbox', 'run-1') as lease:\n"
        "    print('holds', flush=True); sys.stdin.readline()\n"
        "    try: lease.confirm()\n"
        "    except LeaseLostError as error: print(error.cause, flush=True)\n"
        "    else: print('acts', flush=True)"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as paused:
        assert paused.stdin is not None
        assert paused.stdout is not None
        assert paused.stdout.readline() == "holds\n"
        paused.send_signal(signal.SIGSTOP)
        os.waitpid(paused.pid, os.WUNTRACED)
        quick = SqliteJournal(path, lease=timedelta(milliseconds=300), beat=BEAT)
        with quick.hold("sandbox", "run-2") as lease:
            paused.send_signal(signal.SIGCONT)
            paused.stdin.write("go on\n")
            paused.stdin.close()
            assert paused.stdout.readline().startswith("run-2 took over")
            lease.confirm()


def test_the_lease_of_an_older_gate_counts_to_its_end(
    path: Path, journal: SqliteJournal, clock: FakeClock
) -> None:
    """Its file has no hearts yet: the file is brought up with the lease in it, and the epoch goes on."""
    end = (EPOCH + 2 * LEASE).isoformat(timespec="microseconds")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("".join(ledger_schema._STEPS[:6]))
        connection.execute(f"pragma application_id = {ledger_schema._APPLICATION_ID}")
        connection.execute("pragma user_version = 6")
        connection.execute(
            "insert into leases values ('sandbox', 'run-1', 'h', 1, 7, ?, ?)", (EPOCH.isoformat(), end)
        )
        connection.commit()

    with pytest.raises(LeaseHeldError, match="run-1"), journal.hold("sandbox", "run-2"):
        pytest.fail("nobody may get here")
    clock.wait(2 * LEASE.total_seconds())
    with journal.hold("sandbox", "run-2") as lease:
        assert lease.epoch == 8


def test_a_lease_that_is_used_is_renewed(path: Path) -> None:
    """The heart of a gate that works on beats by itself, and the end of the lease moves on with it."""
    with SqliteJournal(path, beat=BEAT).hold("sandbox", "run-1"):
        first = _end_of_lease(path)
        poll = threading.Event()
        ends = (_end_of_lease(path) for _ in range(2_000) if not poll.wait(0.005))
        assert next(end for end in ends if end != first) > first


def _end_of_lease(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("select expires_at from leases").fetchone()[0])


def _change(path: Path, change: str, value: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(change, (value,))


def test_a_lease_that_was_given_back_is_free_on_a_clock_that_was_set_back(path: Path) -> None:
    """Its end does not depend on when it was given back."""
    late = FakeClock()
    late.wait(3600)
    with SqliteJournal(path, late).hold("sandbox", "run-1"):
        pass
    with SqliteJournal(path, FakeClock()).hold("sandbox", "run-2") as lease:
        assert lease.epoch == 2


def test_a_ledger_that_was_moved_away_is_an_error_of_the_ledger(path: Path, journal: SqliteJournal) -> None:
    """A new and empty one takes its place: it says so, instead of ending what is under way."""
    with journal.hold("sandbox", "run-1") as lease:
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        with pytest.raises(LedgerError, match="was the file replaced"):
            lease.confirm()


def test_a_file_that_cannot_be_used_is_an_error_of_the_ledger(tmp_path: Path) -> None:
    """Nothing is held and nothing begins."""
    (tmp_path / "gate.sqlite3").write_text("no database", encoding="utf-8")
    journal = SqliteJournal(tmp_path / "gate.sqlite3")

    with pytest.raises(LedgerError), journal.hold("sandbox", "run-1"):
        pytest.fail("nobody may get here")
