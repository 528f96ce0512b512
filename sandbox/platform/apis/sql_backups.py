"""Backups of the services' databases: real copies, taken while the services write, and really brought back.

SQLite's online backup copies a database page by page under its own locks, in both directions: the services
need not stop, and after a restore their open connections see what the backup held.
https://www.sqlite.org/backup.html
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sandbox.platform.contract import KnobBoard
from sandbox.platform.disturbances import Disturbances

AUTOMATED: Final = "AUTOMATED"
ON_DEMAND: Final = "ON_DEMAND"
RETAINED: Final = 7
"""Automated backups that are kept."""
_AGE: Final = timedelta(days=3)
_LOST: Final = {"auth-service": "sessions", "asset-discovery": "assets", "event-processor": "events"}
_LOOK_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup; `error` says why it could not be taken."""

    id: int
    kind: str
    started_at: datetime
    ended_at: datetime
    folder: Path
    error: str = ""


class Backups:
    """Takes, keeps and restores backups of every database file in one folder."""

    def __init__(self, data_dir: Path, folder: Path, board: KnobBoard) -> None:
        self._data_dir = data_dir
        self._folder = folder
        self._board = board
        self._ids = itertools.count(int(datetime.now(UTC).timestamp() * 1000))
        self.age = timedelta()
        """How much older than in truth the backups are shown."""
        self._loses_rows = False
        self.busy = asyncio.Lock()
        """Held by the one operation that runs; Cloud SQL refuses a second one."""
        self._found: dict[int, Backup] = {}

    @property
    def found(self) -> list[Backup]:
        return sorted(self._found.values(), key=lambda backup: backup.started_at, reverse=True)

    async def take(self, kind: str) -> Backup:
        """Copy every database; the caller holds `busy`."""
        number, started = next(self._ids), datetime.now(UTC)
        folder = self._folder / str(number)
        await self._pause()
        error = await asyncio.to_thread(_copy_all, self._data_dir, folder)
        backup = Backup(number, kind, started, datetime.now(UTC), folder, error)
        self._found[number] = backup
        self._forget_old()
        return backup

    async def restore(self, number: int) -> str:
        """Bring every database back to what the backup holds; return why that failed, or nothing."""
        await self._pause()
        error = await asyncio.to_thread(_copy_all, self._found[number].folder, self._data_dir)
        if self._loses_rows and not error:
            await asyncio.to_thread(_lose_rows, self._data_dir)
        return error

    async def restart(self) -> None:
        """Keep the database busy for as long as a restart takes."""
        await self._pause()

    def delete(self, number: int) -> None:
        shutil.rmtree(self._found.pop(number).folder, ignore_errors=True)

    async def keep_taking(self) -> None:
        """Take an automated backup whenever one is due, for ever; begins with one at once."""
        while True:
            newest = next((one.started_at for one in self.found if one.kind == AUTOMATED), None)
            every = timedelta(seconds=self._board.current.sql_backup_every_s)
            is_due = newest is None or datetime.now(UTC) - newest >= every
            if is_due and not self.age and not self.busy.locked():
                async with self.busy:
                    await self.take(AUTOMATED)
            await asyncio.sleep(_LOOK_EVERY_S)

    def offer(self, board: Disturbances) -> None:
        board.offer(
            "backups-old",
            "The automated backups stopped three days ago",
            ("OPS-06",),
            lambda is_wrong: setattr(self, "age", _AGE if is_wrong else timedelta()),
        )
        board.offer(
            "restore-loses-rows",
            "A restore succeeds and brings back all but the newest rows of three services",
            ("OPS-06",),
            lambda is_wrong: setattr(self, "_loses_rows", is_wrong),
        )

    async def _pause(self) -> None:
        await self._board.wait(self._board.current.sql_operation_s)

    def _forget_old(self) -> None:
        automated = [one.id for one in self.found if one.kind == AUTOMATED]
        for number in automated[RETAINED:]:
            self.delete(number)


def _copy_all(source: Path, target: Path) -> str:
    """Copy every database file into another folder; return why that failed, or nothing."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.sqlite3")):
        try:
            with closing(_connect(path)) as found, closing(_connect(target / path.name)) as copy:
                found.backup(copy)
        except sqlite3.Error as error:
            return f"{path.name}: {error}"
    return ""


def _lose_rows(data_dir: Path) -> None:
    """Delete the newest tenth of three tables, at least one row of each."""
    for service, table in _LOST.items():
        path = data_dir / f"{service}.sqlite3"
        if not path.is_file():
            continue
        with closing(_connect(path)) as connection:
            connection.execute(
                f'delete from "{table}" where rowid in (select rowid from "{table}"'  # noqa: S608 - ours
                f' order by rowid desc limit (select 1 + count(*) / 10 from "{table}"))'
            )


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=30.0, isolation_level=None)
