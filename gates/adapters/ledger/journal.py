"""The write-ahead journal of rollbacks and the lease of an environment, in the ledger's file.

A holder is alive as long as its heartbeat in the ledger goes on: a process id says nothing to a gate on
another machine, or in another container of the same name. A lease carries an epoch that only ever grows.
Time decides when a takeover may be tried, never whether a write is right: a gate that was paused past its
lease finds another epoch before its next write, and stops.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gates.adapters.documents import codec
from gates.adapters.ledger.lease_holder import Heart, Holder
from gates.adapters.ledger.ledger_file import LedgerFile, acting_file, insert, stamp
from gates.adapters.machine.clock import SystemClock
from gates.errors import LeaseHeldError, LeaseLostError, LedgerError
from gates.model.clock import Clock
from gates.model.decision import RollBack, RollbackPlan
from gates.model.journal import UnfinishedRollback
from gates.model.receipt import Receipt
from gates.model.traffic import TrafficSplit

LEASE = timedelta(seconds=6)
"""How long another gate watches the heart of a holder stand still before it takes over."""
BEAT = timedelta(seconds=2)
"""How often a holder's heart beats."""
_FORGOTTEN = 10
"""After so many leases without a beat nobody watches first: no two machines' clocks are that far apart."""


class SqliteJournal:
    """Implements the journal port."""

    def __init__(
        self, path: Path, clock: Clock | None = None, *, lease: timedelta = LEASE, beat: timedelta = BEAT
    ) -> None:
        self._file = acting_file(path)
        self._clock = clock or SystemClock()
        self._lease, self._beat = lease, beat
        self._held: dict[str, SqliteLease] = {}

    @contextmanager
    def hold(self, environment: str, run_id: str) -> Iterator[SqliteLease]:
        """Hold the environment's lease while the block runs, and let its heart beat.

        Raises:
            LeaseHeldError: another gate holds it and is alive, and who.
            LedgerError: the file cannot be used.
        """
        epoch = self._acquire(environment, run_id)
        lease = SqliteLease(
            file=self._file, clock=self._clock, environment=environment, run_id=run_id, epoch=epoch
        )
        over = threading.Event()
        renewer = threading.Thread(target=self._keep_beating, args=(lease, over), name="lease", daemon=True)
        renewer.start()
        self._held[environment] = lease
        try:
            yield lease
        finally:
            if self._held.get(environment) is lease:
                del self._held[environment]
            over.set()
            renewer.join()
            with suppress(LedgerError):  # what is not given back expires
                self._say(lease, _LONG_AGO)

    def unfinished(self, environment: str) -> tuple[UnfinishedRollback, ...]:
        """Return the rollbacks that were begun and not closed, the oldest first.

        What only noted an intention (ending a pin does) has no plan to finish.

        Raises:
            LedgerError: the file cannot be used.
        """
        with self._file.reading() as connection:
            rows = connection.execute(
                "select run_id, kind, service, body, at from journal where environment = ?"
                " and run_id in (select run_id from journal where environment = ? and kind = 'begun')"
                " and run_id not in (select run_id from journal where environment = ? and kind = 'closed')"
                " order by id",
                (environment, environment, environment),
            ).fetchall()
        runs = dict.fromkeys(run_id for run_id, *_ in rows)
        return tuple(_unfinished(run_id, [row[1:] for row in rows if row[0] == run_id]) for run_id in runs)

    def fence(self, environment: str) -> None:
        """Return if nobody took the lease that this gate holds; asked before each write to the cloud.

        A ledger that cannot be asked stops nobody: a rollback goes on without its record.

        Raises:
            LeaseLostError: another gate took over.
        """
        lease = self._held.get(environment)
        if lease is not None:
            with suppress(LedgerError):
                lease.confirm()

    def _acquire(self, environment: str, run_id: str) -> int:
        """Take the lease and return its epoch; whoever holds it is watched first."""
        found = self._take(environment, run_id)
        if isinstance(found, Holder):
            watched = found.heart
            is_alive = self._clock.until(
                lambda: self._heart(environment) != watched,
                within=self._lease.total_seconds(),
                every=self._beat.total_seconds() / 4,
            )
            found = self._take(environment, run_id, silent=None if is_alive else watched)
        if isinstance(found, Holder):
            raise LeaseHeldError(
                f"{found.run_id} (process {found.pid} on {found.host})"
                f" acts in {environment} since {found.since}",
                next_step="wait until it ends; when its heart stops, the next try takes over",
            )
        return found

    def _take(self, environment: str, run_id: str, *, silent: Heart | None = None) -> int | Holder:
        """Take the lease if it is free or its holder's heart still stands where it fell silent."""
        now, host, pid = self._clock.now(), socket.gethostname(), os.getpid()
        with self._file.writing() as connection:
            row = connection.execute(
                "select holder, host, pid, acquired_at, epoch, beats, expires_at from leases"
                " where environment = ?",
                (environment,),
            ).fetchone()
            holder = None if row is None else Holder(*row)
            if holder is not None and holder.keeps(now, silent):
                return holder
            epoch = 1 if holder is None else holder.epoch + 1
            connection.execute(
                "insert or replace into leases"
                " (environment, holder, host, pid, epoch, acquired_at, expires_at, beats)"
                " values (?, ?, ?, ?, ?, ?, ?, 1)",
                (environment, run_id, host, pid, epoch, stamp(now), stamp(self._end(now))),
            )
        return epoch

    def _heart(self, environment: str) -> Heart | None:
        with self._file.reading() as connection:
            row = connection.execute(
                "select epoch, beats from leases where environment = ?", (environment,)
            ).fetchone()
        return None if row is None else (row["epoch"], row["beats"])

    def _end(self, now: datetime) -> datetime:
        return now + _FORGOTTEN * self._lease

    def _keep_beating(self, lease: SqliteLease, over: threading.Event) -> None:
        while not over.wait(self._beat.total_seconds()):
            with suppress(LedgerError):  # the next write finds out
                self._say(lease, self._end(self._clock.now()))

    def _say(self, lease: SqliteLease, end: datetime) -> None:
        """Beat once, and let the lease end then if nothing more is said."""
        with self._file.writing() as connection:
            connection.execute(
                "update leases set beats = beats + 1, expires_at = ? where environment = ? and epoch = ?",
                (stamp(end), lease.environment, lease.epoch),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteLease:
    """Writes the journal of one run under one epoch."""

    file: LedgerFile
    clock: Clock
    environment: str
    run_id: str
    epoch: int

    def begin(self, plan: RollbackPlan) -> None:
        """Write down the whole plan before anything is done.

        Raises:
            LeaseLostError: another gate took over.
            LedgerError: the file cannot be used.
        """
        self._write("begun", "", codec.canonical(codec.encode(plan)).decode())

    def intend(self, action: RollBack, before: TrafficSplit, etag: str) -> None:
        """Write down that a write follows, and what stood before it.

        Raises:
            LeaseLostError: another gate took over; nothing may be written any more.
            LedgerError: the file cannot be used.
        """
        body = {"etag": etag, "to": action.to_revision, "before": codec.encode(before)}
        self._write("intended", action.service, codec.canonical(body).decode())

    def ended(self, receipt: Receipt) -> None:
        """Write down how an action ended.

        Raises:
            LeaseLostError: another gate took over.
            LedgerError: the file cannot be used.
        """
        self._write("ended", receipt.action.service, codec.canonical(codec.encode(receipt)).decode())

    def close(self, detail: str) -> None:
        """Write down that the plan came to its end.

        Raises:
            LeaseLostError: another gate took over.
            LedgerError: the file cannot be used.
        """
        self._write("closed", "", detail)

    def confirm(self) -> None:
        """Return if the lease is still this gate's.

        Raises:
            LeaseLostError: another gate took over.
            LedgerError: the file cannot be used.
        """
        with self.file.reading() as connection:
            self._prove(connection)

    def _write(self, kind: str, service: str, body: str) -> None:
        """Add one record, and prove in the same transaction that the lease is still this gate's."""
        with self.file.writing() as connection:
            self._prove(connection)
            row = {
                "environment": self.environment,
                "run_id": self.run_id,
                "epoch": self.epoch,
                "kind": kind,
                "service": service,
                "body": body,
                "at": self.clock.now(),
            }
            insert(connection, "journal", row)

    def _prove(self, connection: sqlite3.Connection) -> None:
        row = connection.execute(
            "select epoch, holder from leases where environment = ?", (self.environment,)
        ).fetchone()
        if row is None:
            raise LedgerError(
                f"the lease of {self.environment} is not in this ledger any more: was the file replaced?",
                next_step="gate rollback status",
            )
        epoch, holder = row
        if epoch != self.epoch:
            raise LeaseLostError(
                f"{holder} took over in {self.environment}; nothing more is written here",
                next_step="gate rollback status",
            )


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When a lease that was given back ends: no clock that is set back makes it count again."""


def _is_proven(body: str) -> bool:
    return bool(json.loads(body).get("is_verified"))


def _unfinished(run_id: str, records: list[tuple[str, str, str, str]]) -> UnfinishedRollback:
    begun = next(record for record in records if record[0] == "begun")
    _, _, body, at = begun
    return UnfinishedRollback(
        run_id=run_id,
        plan=codec.decode(RollbackPlan, body, source=f"journal of {run_id}"),
        begun_at=datetime.fromisoformat(at),
        ended=tuple(dict.fromkeys(s for kind, s, body, _ in records if kind == "ended" and _is_proven(body))),
        intended=tuple(dict.fromkeys(service for kind, service, *_ in records if kind == "intended")),
    )
