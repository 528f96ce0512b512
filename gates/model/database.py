"""The platform's database and its backups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
"""Names of the days that the cloud numbers from 1 to 7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """How the instance is: its state, its maintenance window (day 1 is Monday), and what protects its data.

    `authorized_networks` are the networks that may connect from outside; `max_connections` is 0 when the
    instance says nothing of it.
    """

    name: str
    state: str
    version: str
    tier: str
    window_day: int
    window_hour: int
    has_backups: bool
    has_point_in_time: bool
    authorized_networks: tuple[str, ...]
    max_connections: int

    @property
    def window(self) -> str:
        """The maintenance window in words."""
        day = DAYS[self.window_day - 1] if 1 <= self.window_day <= len(DAYS) else "any day"
        return f"{day} {self.window_hour:02}:00 UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One backup; `ended_at` is when it was complete, None while it is not."""

    id: str
    kind: str
    status: str
    started_at: datetime
    ended_at: datetime | None

    @property
    def is_usable(self) -> bool:
        """Whether it can be restored."""
        return self.status == "SUCCESSFUL" and self.ended_at is not None

    def age(self, now: datetime) -> timedelta:
        """Return how old the data in it are: everything written after its start may be missing."""
        return now - self.started_at
