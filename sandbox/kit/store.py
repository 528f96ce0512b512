"""One SQLite file per service, shared by all its processes.

Write-ahead logging lets readers go on while one process writes; every writer starts with BEGIN IMMEDIATE
and waits its turn, so two processes never see half of each other's work. Migrations are additive: they are
applied once, in order, and a database that is ahead of the code is fine (an older revision beside a newer).
"""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

BUSY_TIMEOUT_S = 5.0
_KIT_MIGRATIONS = (
    """
    CREATE TABLE idempotency (
        caller TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
        status INTEGER NOT NULL, body TEXT NOT NULL, kept_at REAL NOT NULL,
        PRIMARY KEY (caller, key)
    );
    CREATE INDEX idempotency_by_age ON idempotency (kept_at);
    """,
    """
    CREATE TABLE audit_outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
    """,
)


class StoreError(Exception):
    """The database cannot be used: file missing, unreadable, or locked for too long."""


class Store:
    """Connections to one database file; opened on first use, safe for many threads and processes."""

    def __init__(self, path: Path, migrations: Sequence[str], *, seed: Seed | None = None) -> None:
        """Remember where and how; nothing is opened before `open()` or first use.

        Args:
            path: The database file.
            migrations: SQL scripts; their position is their version. Only ever append to the list. The
                kit's own tables (idempotency keys, audit outbox) come by themselves.
            seed: Fills an empty database once, in the transaction that marks it as seeded.
        """
        self.path = path
        self._migrations = {"kit": _KIT_MIGRATIONS, "service": tuple(migrations)}
        self._seed = seed
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._is_ready = False

    def open(self) -> None:
        """Create the file, apply missing migrations and seed; safe when several processes do it at once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            self._migrate(connection)
        self._is_ready = True

    def close(self) -> None:
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose statements see one consistent state."""
        self._open_once()
        with self._connection() as connection, _transaction(connection, "BEGIN"):
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give a connection inside a write transaction: committed at the end, rolled back on any error."""
        self._open_once()
        with self._connection() as connection, _transaction(connection, "BEGIN IMMEDIATE"):
            yield connection

    def check(self) -> None:
        """Prove that the database can be read and written now.

        Raises:
            StoreError: it cannot, with the reason.
        """
        if not self.path.is_file():
            raise StoreError("the database file is missing")
        try:
            with self.write() as connection:
                connection.execute("SELECT count(*) FROM schema_migrations").fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"the database does not answer: {type(error).__name__}") from error

    def _open_once(self) -> None:
        if not self._is_ready:
            self.open()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = self._connect()
        try:
            yield connection
        finally:
            self._idle.put(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        with _transaction(connection, "BEGIN IMMEDIATE"):
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations"
                " (scope TEXT, version INTEGER, PRIMARY KEY (scope, version))"
            )
            is_new = _version(connection, "service") == 0
            for scope, scripts in self._migrations.items():
                done = _version(connection, scope)
                for version, script in enumerate(scripts[done:], start=done + 1):
                    for statement in _statements(script):
                        connection.execute(statement)
                    connection.execute("INSERT INTO schema_migrations VALUES (?, ?)", (scope, version))
            if is_new and self._seed is not None:
                self._seed(connection)


def _version(connection: sqlite3.Connection, scope: str) -> int:
    query = "SELECT coalesce(max(version), 0) FROM schema_migrations WHERE scope = ?"
    return int(connection.execute(query, (scope,)).fetchone()[0])


Seed = Callable[[sqlite3.Connection], None]


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _statements(script: str) -> Iterator[str]:
    """Split a script; `executescript` would commit in between and break the one transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
