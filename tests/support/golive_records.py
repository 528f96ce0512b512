"""The records of a go-live, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from gates.model.timeline import (
    CheckpointRecord,
    GoLive,
)


class StopError(Exception):
    """The process of the go-live was killed."""


@dataclass
class Records:
    """Remembers one go-live in memory; raises `StopError` after `left` writes."""

    rows: list[CheckpointRecord] = field(default_factory=list)
    left: int = 10_000
    opened: GoLive | None = None

    def open(self, wanted: GoLive) -> GoLive:
        """Return the go-live that was opened first."""
        self.opened = self.opened or wanted
        return self.opened

    def slots(self, _golive: GoLive) -> tuple[CheckpointRecord, ...]:
        """Return all rows."""
        return tuple(self.rows)

    def add(self, _golive: GoLive, record: CheckpointRecord) -> None:
        """Keep a row, or die right after it."""
        self.rows.append(record)
        self.left -= 1
        if self.left == 0:
            raise StopError
