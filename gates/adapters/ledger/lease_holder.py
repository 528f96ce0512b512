"""Who holds a lease, and whether that still counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Heart = tuple[int, int]
"""The epoch of a lease, and how often its holder's heart has beaten."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who was found to hold a lease; the process and the host are for people only."""

    run_id: str
    host: str
    pid: int
    since: str
    epoch: int
    beats: int
    until: str

    @property
    def heart(self) -> Heart:
        """Which lease, and how often its heart has beaten."""
        return self.epoch, self.beats

    def keeps(self, now: datetime, silent: Heart | None) -> bool:
        """Whether the lease still counts.

        A holder of an older gate has no heart that could fall silent (0 beats): its lease counts to its end.
        """
        return datetime.fromisoformat(self.until) > now and (self.beats == 0 or self.heart != silent)
