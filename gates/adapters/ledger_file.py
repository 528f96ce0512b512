"""The ledger's file: opened anew for each call, so threads and processes may use it side by side.

SQLite's write-ahead log and its lock keep two writers apart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gates.adapters.ledger_schema import ensure_schema, transaction
from gates.adapters.writable import REMEDY
from gates.errors import LedgerError

_BUSY_S = 10.0


class LedgerFile:
    """Gives connections to one file; nothing is opened or created before the first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection to a file that has the current schema.

        Raises:
            LedgerError: the file cannot be used.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)) as connection:
                connection.execute("pragma synchronous = full")
                ensure_schema(connection, str(self._path))
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(
                f"the ledger {self._path} cannot be used: {error}",
                next_step=f"{REMEDY}; a broken file: keep it, move it away, and name targets with --to",
            ) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection inside one transaction.

        Raises:
            LedgerError: the file cannot be used.
        """
        with self.reading() as connection, transaction(connection):
            yield connection


def stamp(at: datetime) -> str:
    """Return the time as text that sorts like the time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
