"""Incidents and their notifications in the ledger's file: they outlive the process."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from gates.adapters.documents import codec
from gates.adapters.ledger.ledger_file import acting_file, stamp
from gates.model.incident import Incident, Notice, NoticeResult

_STUCK = timedelta(seconds=60)
"""After so long a notification that was begun and never ended is tried again: its sender has died."""


class IncidentLedger:
    """Keeps the incidents of one environment."""

    def __init__(self, path: Path, environment: str) -> None:
        self._file = acting_file(path)
        self._environment = environment

    def new_id(self, now: datetime) -> str:
        """Return an id that is not in use."""
        return f"inc-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"

    def save(self, incident: Incident) -> None:
        """Keep the incident as it is now.

        Raises:
            LedgerError: the file cannot be written.
        """
        body = codec.canonical(codec.encode(incident)).decode()
        with self._file.writing() as connection:
            connection.execute(
                "insert into incidents (environment, incident, is_open, body, opened_at)"
                " values (?, ?, ?, ?, ?) on conflict (incident)"
                " do update set is_open = excluded.is_open, body = excluded.body",
                (self._environment, incident.id, int(incident.is_open), body, stamp(incident.opened_at)),
            )

    def close(self, incident: Incident, *, by: str, resolution: str, now: datetime) -> Incident:
        """Close the incident and return it closed; one that is closed stays as it is."""
        if not incident.is_open:
            return incident
        closed = replace(incident, closed_at=now, closed_by=by, resolution=resolution)
        self.save(closed)
        return closed

    def incidents(self, *, only_open: bool = True) -> tuple[Incident, ...]:
        """Return the incidents, the oldest first.

        Raises:
            LedgerError: the file cannot be read.
        """
        with self._file.reading() as connection:
            rows = connection.execute(
                "select body from incidents where environment = ? and (is_open or ?) order by opened_at",
                (self._environment, int(not only_open)),
            ).fetchall()
        return tuple(codec.decode(Incident, body, source="the ledger") for (body,) in rows)

    def claim(self, notices: Sequence[Notice], now: datetime) -> tuple[Notice, ...]:
        """Return the notices that no process has sent or is sending; they are this caller's now.

        Raises:
            LedgerError: the file cannot be written.
        """
        claimed = []
        with self._file.writing() as connection:
            for notice in notices:
                changed = connection.execute(
                    "insert into notices (incident, step, channel, state, detail, at)"
                    " values (?, ?, ?, 'SENDING', '', ?) on conflict (incident, step, channel)"
                    " do update set state = 'SENDING', at = excluded.at"
                    " where state = 'FAILED' or (state = 'SENDING' and at < ?)",
                    (notice.incident, notice.step, notice.channel, stamp(now), stamp(now - _STUCK)),
                )
                claimed += [notice] * changed.rowcount
        return tuple(claimed)

    def record(self, results: Sequence[NoticeResult]) -> None:
        """Record how notices went.

        Raises:
            LedgerError: the file cannot be written.
        """
        rows = [
            (
                str(one.state),
                one.detail,
                stamp(one.at),
                one.notice.incident,
                one.notice.step,
                one.notice.channel,
            )
            for one in results
        ]
        with self._file.writing() as connection:
            connection.executemany(
                "update notices set state = ?, detail = ?, at = ?"
                " where incident = ? and step = ? and channel = ?",
                rows,
            )
