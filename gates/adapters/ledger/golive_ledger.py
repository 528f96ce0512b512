"""The part of the ledger that remembers go-lives: one row per step, only ever added."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from gates.adapters.documents import codec
from gates.adapters.ledger.ledger_file import LedgerFile, fields, insert
from gates.model.timeline import CheckpointRecord, CheckpointState, GoLive

_START = "(start)"
"""The row that holds what the go-live is about; no slot has this name."""


class GoLiveLedger:
    """Implements the records port of the conductor."""

    def __init__(self, path: Path) -> None:
        self._file, self._path = LedgerFile(path), path

    def open(self, wanted: GoLive) -> GoLive:
        """Return the go-live of that name as it was begun; begin it when there is none.

        Raises:
            LedgerError: the ledger cannot be used.
        """
        begun = self._rows(wanted)
        if begun and begun[0].slot == _START:
            return codec.decode(GoLive, begun[0].detail, source=str(self._path))
        text = codec.canonical(codec.encode(wanted)).decode()
        start = CheckpointRecord(
            slot=_START, state=CheckpointState.BEGUN, detail=text, run_id="", at=wanted.zero
        )
        self.add(wanted, start)
        return wanted

    def slots(self, golive: GoLive) -> tuple[CheckpointRecord, ...]:
        """Return the records of a go-live in the order in which they were written."""
        return tuple(record for record in self._rows(golive) if record.slot != _START)

    def add(self, golive: GoLive, record: CheckpointRecord) -> None:
        """Add a record."""
        row = {"environment": golive.environment, "golive": golive.name, **asdict(record)}
        with self._file.writing() as connection:
            insert(connection, "golive", row)

    def _rows(self, golive: GoLive) -> tuple[CheckpointRecord, ...]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "select slot, state, detail, run_id, at from golive"
                " where environment = ? and golive = ? order by id",
                (golive.environment, golive.name),
            ).fetchall()
        return tuple(
            CheckpointRecord(**{**fields(row), "state": CheckpointState(row["state"])}) for row in rows
        )
