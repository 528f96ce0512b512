"""The database by hand: its window, its backups, and the two actions that take it away from users."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from gates.errors import UsageError
from gates.model.criterion import Priority
from gates.model.database import DAYS, Backup, Database
from gates.model.operation import OperationReceipt
from gates.model.platform import Platform
from gates.operations.performing import Change, Performer
from gates.operations.ports import DatabaseAdmin

_API = "sqladmin.googleapis.com/v1"
_URGENT = (Priority.P0, Priority.P1)


def emergency_roles(platform: Platform) -> tuple[str, ...]:
    """Return who may take the database away from users: whom the matrix trusts with P0 and P1."""
    return tuple(row.authority for row in platform.matrix if row.priority in _URGENT)


class DatabaseOperations:
    """What an operator does to the database."""

    def __init__(self, database: DatabaseAdmin, performer: Performer) -> None:
        self._database = database
        self._performer = performer

    def set_window(self, day: str, hour: int, *, is_dry: bool) -> OperationReceipt:
        """Move the maintenance window.

        Raises:
            UsageError: there is no such day.
            CloudError: the database cannot be read.
        """
        if day not in DAYS:
            raise UsageError(f"{day} is not a day", next_step=f"one of {', '.join(DAYS)}")
        number, now = DAYS.index(day) + 1, self._database.state()
        change = Change(
            action="maintenance window",
            subject=now.name,
            before=now.window,
            after=f"{day} {hour:02}:00 UTC",
            calls=(f"PATCH {_API} instances/{now.name} maintenanceWindow day={number} hour={hour}",),
        )

        def act() -> str:
            self._database.set_window(number, hour)
            return f"{day} {hour:02}:00 UTC, was {now.window}"

        return self._done(change, act, is_dry=is_dry)

    def restart(self, *, is_dry: bool) -> OperationReceipt:
        """Restart the database.

        Raises:
            CloudError: the database cannot be read.
        """
        now = self._database.state()
        change = Change(
            action="database restart",
            subject=now.name,
            before=now.state,
            after="restarted",
            calls=(f"POST {_API} instances/{now.name}/restart",),
        )

        def act() -> str:
            self._database.restart()
            return f"restarted, now {self._database.state().state}"

        return self._done(change, act, is_dry=is_dry)

    def back_up(self, *, is_dry: bool) -> OperationReceipt:
        """Take a backup and wait until it is complete.

        Raises:
            CloudError: the database cannot be read.
        """
        now = self._database.state()
        newest = next((one.id for one in self._database.backups()), "none")
        change = Change(
            action="backup",
            subject=now.name,
            before=f"newest backup {newest}",
            after="a newer backup",
            calls=(f"POST {_API} instances/{now.name}/backupRuns",),
        )

        def act() -> str:
            taken = self._database.back_up()
            return f"backup {taken.id} is complete"

        return self._done(change, act, is_dry=is_dry)

    def restore(self, backup: str, *, is_dry: bool) -> OperationReceipt:
        """Replace the database's content by a backup's; what was written since is lost.

        Raises:
            UsageError: there is no such backup, or it cannot be used.
            CloudError: the database cannot be read.
        """
        now, wanted = self._database.state(), self._usable(backup)
        lost = wanted.age(self._performer.clock.now())
        change = Change(
            action="restore",
            subject=now.name,
            before=f"as of {self._performer.clock.now():%Y-%m-%d %H:%M:%S} UTC",
            after=f"as of {wanted.started_at:%Y-%m-%d %H:%M:%S} UTC",
            calls=(f"POST {_API} instances/{now.name}/restoreBackup backupRunId={wanted.id}",),
        )

        def act() -> str:
            self._database.restore(wanted.id)
            return f"backup {wanted.id} is back; what was written in the last {_words(lost)} is lost"

        return self._done(change, act, is_dry=is_dry)

    def _usable(self, number: str) -> Backup:
        backups = self._database.backups()
        found = next((one for one in backups if one.id == number), None)
        if found is None or not found.is_usable:
            known = ", ".join(one.id for one in backups[:5] if one.is_usable) or "none"
            raise UsageError(f"{number} is not a usable backup", next_step=f"the newest usable ones: {known}")
        return found

    def _done(self, change: Change, act: Callable[[], str], *, is_dry: bool) -> OperationReceipt:
        return self._performer.rehearse(change) if is_dry else self._performer.perform(change, act)


def newest_usable(backups: tuple[Backup, ...]) -> Backup | None:
    """Return the newest backup that can be restored, None without one."""
    return next((one for one in backups if one.is_usable), None)


def freshness(database: Database, backups: tuple[Backup, ...], now: datetime) -> tuple[timedelta | None, str]:
    """Return how much would be lost now, and what the figure rests on; None when all would be lost."""
    if database.has_point_in_time:
        note = "point-in-time recovery is on, so less may be lost"
    else:
        note = "point-in-time recovery is off"
    newest = newest_usable(backups)
    if newest is None:
        return None, f"there is not a usable backup; {note}"
    return newest.age(now), f"backup {newest.id} ({newest.kind.lower()}); {note}"


def _words(age: timedelta) -> str:
    return f"{age.total_seconds():.0f} s"
