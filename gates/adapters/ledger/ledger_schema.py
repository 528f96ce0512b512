"""The ledger's tables, and how a file gets them.

A file is recognised by SQLite's application id and carries its schema's version as user version. Each entry
of `_STEPS` brings a file from the version before it to its own; a step that was released is never edited.
"""

from __future__ import annotations

import errno
import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gates.adapters.machine.clock import SystemClock
from gates.errors import LedgerError

_APPLICATION_ID = 0x47415445  # "GATE"
_POLL_S = 0.02

_APPEND_ONLY = """
create trigger {table}_never_changes before update on {table}
    begin select raise(abort, '{table} is append-only'); end;
create trigger {table}_never_shrinks before delete on {table}
    begin select raise(abort, '{table} is append-only'); end;
"""

_FIRST = """
create table verdicts (
    id integer primary key,
    environment text not null,
    service text not null,
    revision text not null,
    digest text not null,
    outcome text not null check (outcome in ('GO', 'NO_GO', 'INCONCLUSIVE')),
    stage text not null,
    run_id text not null,
    at text not null
) strict;
create index verdicts_of_service on verdicts (environment, service, outcome, at);
create table rollbacks (
    id integer primary key,
    environment text not null,
    service text not null,
    from_revision text not null,
    to_revision text not null,
    is_target_verified integer not null,
    reason text not null,
    state text not null,
    is_verified integer not null,
    seconds real not null,
    detail text not null,
    run_id text not null,
    at text not null
) strict;
create index rollbacks_of_service on rollbacks (environment, service, id);
create table tombstones (
    id integer primary key,
    environment text not null,
    service text not null,
    revision text not null,
    reason text not null,
    at text not null
) strict;
create index tombstones_of_revision on tombstones (environment, service, revision, at);
""" + "".join(_APPEND_ONLY.format(table=table) for table in ("verdicts", "rollbacks", "tombstones"))

_OPERATIONS = """
create table drills (
    id integer primary key,
    environment text not null,
    kind text not null,
    subject text not null,
    fingerprint text not null,
    rto_s real not null check (rto_s >= 0),
    rpo_s real not null check (rpo_s >= 0),
    passed integer not null,
    detail text not null,
    at text not null
) strict;
create index drills_of_kind on drills (environment, kind, at);
create table operations (
    id integer primary key,
    environment text not null,
    action text not null,
    subject text not null,
    state text not null,
    before text not null,
    after text not null,
    detail text not null,
    by text not null,
    at text not null
) strict;
create index operations_of_subject on operations (environment, action, subject, id);
""" + "".join(_APPEND_ONLY.format(table=table) for table in ("drills", "operations"))

_JOURNAL = """
create table journal (
    id integer primary key,
    environment text not null,
    run_id text not null,
    epoch integer not null,
    kind text not null check (kind in ('begun', 'intended', 'ended', 'closed')),
    service text not null,
    body text not null,
    at text not null
) strict;
create index journal_of_run on journal (environment, run_id, id);
create table leases (
    environment text primary key,
    holder text not null,
    host text not null,
    pid integer not null,
    epoch integer not null,
    acquired_at text not null,
    expires_at text not null
) strict;
""" + _APPEND_ONLY.format(table="journal")

_RUNS = """
create table runs (
    id integer primary key,
    environment text not null,
    stage text not null,
    run_id text not null,
    outcome text not null check (outcome in ('GO', 'NO_GO', 'INCONCLUSIVE')),
    is_partial integer not null,
    fingerprint text not null,
    images text not null,
    checks text not null,
    at text not null
) strict;
create index runs_of_environment on runs (environment, at);
create table golive (
    id integer primary key,
    environment text not null,
    golive text not null,
    slot text not null,
    state text not null,
    detail text not null,
    run_id text not null,
    at text not null
) strict;
create index golive_slots on golive (environment, golive, id);
""" + "".join(_APPEND_ONLY.format(table=table) for table in ("runs", "golive"))

_INCIDENTS = """
create table incidents (
    incident text primary key,
    environment text not null,
    is_open integer not null,
    body text not null,
    opened_at text not null
) strict;
create index incidents_of_environment on incidents (environment, is_open, opened_at);
create table notices (
    incident text not null,
    step text not null,
    channel text not null,
    state text not null check (state in ('SENDING', 'SENT', 'FAILED')),
    detail text not null,
    at text not null,
    primary key (incident, step, channel)
) strict;
"""

_WHO_ROLLED_BACK = "alter table rollbacks add column by text not null default '';\n"

_HEARTBEAT = "alter table leases add column beats integer not null default 0;\n"

_STEPS = (_FIRST, _OPERATIONS, _JOURNAL, _RUNS, _INCIDENTS, _WHO_ROLLED_BACK, _HEARTBEAT)
SCHEMA_VERSION = len(_STEPS)


def ensure_schema(connection: sqlite3.Connection, path: str, *, wait_s: float) -> bool:
    """Bring the file to the current schema, and say whether it was new; does nothing when it has it.

    Raises:
        BlockingIOError: another process has been about to do so for `wait_s`.
        LedgerError: the file is no ledger, or one of a newer gate.
        sqlite3.DatabaseError: the file is damaged.
    """
    with transaction(connection, "begin"):
        if _version(connection, path) == SCHEMA_VERSION:
            return False
    # SQLite waits for nobody when it changes the journal mode, so the first use has a lock of its own.
    with _alone(path, wait_s):
        return _bring_up(connection, path)


@contextmanager
def _alone(path: str, wait_s: float) -> Iterator[None]:
    with Path(f"{path}.lock").open("w") as file:
        if not SystemClock().until(lambda: _is_taken(file), within=wait_s, every=_POLL_S):
            raise BlockingIOError(errno.EAGAIN, "another process sets the file up")
        yield


def _is_taken(file: IO[str]) -> bool:
    """Take the lock if it is free; return whether it was."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _bring_up(connection: sqlite3.Connection, path: str) -> bool:
    """Do the steps that are missing, and say whether all were; a second process finds nothing to do."""
    connection.execute("pragma journal_mode = wal")
    with transaction(connection, "begin immediate"):
        found = _version(connection, path)
        for number in range(found, SCHEMA_VERSION):
            for statement in _statements(_STEPS[number]):
                connection.execute(statement)
        connection.execute(f"pragma application_id = {_APPLICATION_ID}")
        connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
    return found == 0


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str = "begin immediate") -> Iterator[None]:
    """Do what the block does as a whole or not at all."""
    connection.execute(begin)
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _version(connection: sqlite3.Connection, path: str) -> int:
    """Return the file's schema version, 0 for an empty file; asked inside one transaction."""
    (application,) = connection.execute("pragma application_id").fetchone()
    (version,) = connection.execute("pragma user_version").fetchone()
    if application != _APPLICATION_ID:
        (objects,) = connection.execute("select count(*) from sqlite_schema").fetchone()
        if application or version or objects:
            raise LedgerError(
                f"{path} is a database, but not a ledger of the gate",
                next_step="point the gate to another file, or move this one away",
            )
        return 0
    if version > SCHEMA_VERSION:
        raise LedgerError(
            f"{path} has ledger schema {version}, this gate knows {SCHEMA_VERSION}",
            next_step="use the newer gate that wrote it",
        )
    return int(version)


def _statements(script: str) -> list[str]:
    """Split a script into statements; `executescript` would commit in between."""
    statements, rest = [], ""
    for line in script.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            statements.append(rest)
            rest = ""
    return statements
