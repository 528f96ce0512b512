"""One database file, many threads and processes, migrations that only add."""

from __future__ import annotations

import multiprocessing
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.kit.store import Store, StoreError

FIRST = "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
SECOND = "ALTER TABLE things ADD COLUMN colour TEXT;\nCREATE INDEX by_colour ON things (colour);"


def _seed(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO things (name) VALUES ('seeded')")


def _count(store: Store) -> int:
    with store.read() as connection:
        return int(connection.execute("SELECT count(*) FROM things").fetchone()[0])


def _write_half(store: Store) -> None:
    with store.write() as connection:
        connection.execute("INSERT INTO things (name) VALUES ('half')")
        connection.execute("INSERT INTO things (name) VALUES (NULL)")


def _add(path: Path, times: int) -> None:
    store = Store(path, [FIRST], seed=_seed)
    for _ in range(times):
        with store.write() as connection:
            connection.execute("INSERT INTO things (name) VALUES ('x')")
    store.close()


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    """What was written before the error is gone, and the connection serves again."""
    store = Store(tmp_path / "a.sqlite3", [FIRST])
    with pytest.raises(sqlite3.IntegrityError):
        _write_half(store)
    assert _count(store) == 0
    store.close()


def test_migrations_are_applied_once_and_in_order(tmp_path: Path) -> None:
    """A newer revision adds its column; the older one goes on beside it."""
    path = tmp_path / "a.sqlite3"
    older = Store(path, [FIRST], seed=_seed)
    assert _count(older) == 1
    newer = Store(path, [FIRST, SECOND], seed=_seed)
    with newer.write() as connection:
        connection.execute("INSERT INTO things (name, colour) VALUES ('new', 'red')")
    again = Store(path, [FIRST], seed=_seed)
    with again.write() as connection:
        connection.execute("INSERT INTO things (name) VALUES ('old')")
    assert _count(older) == _count(newer) == 3
    for store in (older, newer, again):
        store.close()


def test_a_migration_that_fails_leaves_no_half(tmp_path: Path) -> None:
    """All statements of all missing migrations commit together or not at all."""
    path = tmp_path / "a.sqlite3"
    with pytest.raises(sqlite3.OperationalError):
        Store(path, [FIRST, "CREATE TABLE more (id INTEGER);\nNOT SQL;"]).open()
    store = Store(path, [FIRST], seed=_seed)
    assert _count(store) == 1
    store.close()


def test_threads_of_one_process_do_not_lose_writes(tmp_path: Path) -> None:
    """Concurrent writers wait for each other."""
    store = Store(tmp_path / "a.sqlite3", [FIRST])

    def write(number: int) -> None:
        with store.write() as connection:
            before = connection.execute("SELECT count(*) FROM things").fetchone()[0]
            connection.execute("INSERT INTO things VALUES (?, ?)", (before + 1, str(number)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(100)))
    assert _count(store) == 100
    store.close()


def test_processes_share_the_file_and_seed_it_once(tmp_path: Path) -> None:
    """Three processes that start at once create, seed and fill one database."""
    path = tmp_path / "a.sqlite3"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_add, args=(path, 20)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    store = Store(path, [FIRST])
    assert _count(store) == 61
    store.close()


def test_a_missing_file_is_noticed(tmp_path: Path) -> None:
    """A database that was deleted under us is down, although an open connection would not notice."""
    store = Store(tmp_path / "a.sqlite3", [FIRST])
    store.open()
    store.check()
    store.path.unlink()
    with pytest.raises(StoreError, match="missing"):
        store.check()
    store.close()


def test_a_broken_file_is_noticed(tmp_path: Path) -> None:
    """A database whose tables are gone is down."""
    store = Store(tmp_path / "a.sqlite3", [FIRST])
    with store.write() as connection:
        connection.execute("DROP TABLE schema_migrations")
    with pytest.raises(StoreError, match="does not answer"):
        store.check()
    store.close()
