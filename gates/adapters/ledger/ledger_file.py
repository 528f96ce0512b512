"""The ledger's file: opened anew for each call, so threads and processes may use it side by side.

SQLite's write-ahead log and its lock keep two writers apart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from gates.adapters.ledger.ledger_schema import ensure_schema, transaction
from gates.adapters.machine.settings import ci_variable
from gates.adapters.machine.writable import REMEDY
from gates.aside import note
from gates.errors import LedgerError

PATIENT_S = 10.0
"""How long a write waits for another process's lock when nothing waits behind it."""
ACTING_S = 2.0
"""How long one waits that stands before, between or behind actions: what only records must not delay them."""
_PASSING = (
    "unless its folder outlives this job, the verdicts, quarantined revisions and receipts in it vanish,"
    " and no other job sees that this one acts; GATE_REPORTS must name a folder that lasts"
)
_AGAIN_S = 0.1
"""How long the next ones wait, once the file was found locked, until a write succeeds."""


class LedgerFile:
    """Gives connections to one file; nothing is opened or created before the first."""

    def __init__(self, path: Path, *, wait_s: float = PATIENT_S) -> None:
        self._path = path
        self._wait_s = wait_s
        self._was_locked = False

    @property
    def wait_s(self) -> float:
        """How long the next access waits for another process's lock."""
        return min(_AGAIN_S, self._wait_s) if self._was_locked else self._wait_s

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection to a file that has the current schema.

        Raises:
            LedgerError: the file cannot be used, or another process keeps it locked for too long.
        """
        wait_s = self.wait_s
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=wait_s, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("pragma synchronous = full")
                if ensure_schema(connection, str(self._path), wait_s=wait_s) and (job := ci_variable()):
                    note(f"{job} is set and the ledger {self._path} is new: {_PASSING}")
                yield connection
        except (sqlite3.Error, OSError) as error:
            if _is_lock(error):
                self._was_locked = True
                raise LedgerError(
                    f"the ledger {self._path} is locked by another process ({wait_s:g} s waited)",
                    next_step=f"find it (fuser {self._path}), let it end, and try again",
                ) from error
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
        self._was_locked = False


@cache
def acting_file(path: Path) -> LedgerFile:
    """Return the file for what acts; one in a process, so that only one caller waits for a locked file."""
    return LedgerFile(path, wait_s=ACTING_S)


def _is_lock(error: sqlite3.Error | OSError) -> bool:
    if isinstance(error, BlockingIOError):
        return True
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
    """Add one row; a time is written as `stamp` says."""
    columns, places = ", ".join(row), ", ".join(f":{column}" for column in row)
    values = {name: stamp(value) if isinstance(value, datetime) else value for name, value in row.items()}
    connection.execute(f"insert into {table} ({columns}) values ({places})", values)  # noqa: S608 - no values


def fields(row: sqlite3.Row) -> dict[str, Any]:
    """Return a row by its columns, its time as a time."""
    return {**row, "at": datetime.fromisoformat(row["at"])}


def stamp(at: datetime) -> str:
    """Return the time as text that sorts like the time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
