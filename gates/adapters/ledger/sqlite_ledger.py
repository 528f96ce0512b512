"""The ledger in one SQLite file: which revisions had a GO, which are marked as bad, what was rolled back.

Rows are only ever added. Each call opens the file anew, so threads and processes may use it side by side;
SQLite's write-ahead log and its lock keep two writers apart. What is written beside actions waits two seconds
for another's lock and is then NOT RECORDED; a GO and a drill wait longer, since nothing waits behind them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from gates.adapters.ledger import ledger_history
from gates.adapters.ledger.ledger_file import LedgerFile, acting_file, fields, insert, stamp
from gates.adapters.machine.clock import SystemClock
from gates.model.clock import Clock
from gates.model.criterion import Stage
from gates.model.decision import RollBack
from gates.model.drill import DrillKind, DrillRecord
from gates.model.operation import OperationReceipt, OperationState
from gates.model.receipt import Receipt, TrafficChoice
from gates.model.release import RevisionRef
from gates.model.verdict import Verdict, VerdictOutcome

_IN_SERVICE = json.dumps([str(stage) for stage in Stage if stage.is_in_service])


class SqliteLedger:
    """Implements the ledger port; nothing is opened or created before the first call."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._file = acting_file(path)
        self._patient = LedgerFile(path)
        self._clock = clock or SystemClock()

    def record_verdict(self, verdict: Verdict, run_id: str) -> None:
        """Record the verdict's outcome for each service's candidate; a GO counts only once it is on record.

        Raises:
            LedgerError: the file cannot be written.
        """
        file = self._patient if verdict.outcome is VerdictOutcome.GO else self._file
        with file.writing() as connection:
            for part in verdict.release.services:
                row = {
                    "environment": verdict.release.environment,
                    "service": part.service,
                    "revision": part.candidate.name,
                    "digest": part.candidate.digest,
                    "outcome": verdict.outcome,
                    "stage": verdict.scope.stage,
                    "run_id": run_id,
                    "at": verdict.judged_at,
                }
                insert(connection, "verdicts", row)
            insert(connection, "runs", ledger_history.run_row(verdict, run_id))

    def last_go(self, environment: str, service: str) -> tuple[RevisionRef, ...]:
        """Return the revisions that have a recorded GO in service, the newest verdict first, each once.

        A GO of readiness does not count: the revision had no traffic. A NO_GO of a whole release revokes no
        GO, since another service may be its cause; a revision that is to blame is quarantined.

        Raises:
            LedgerError: the file cannot be read.
        """
        return tuple(reference for reference, _ in self._went(environment, service))

    def went_since(self, environment: str, service: str, since: datetime) -> frozenset[RevisionRef]:
        """Return the revisions whose first GO in service is of that moment or later.

        Raises:
            LedgerError: the file cannot be read.
        """
        went = self._went(environment, service)
        return frozenset(reference for reference, first in went if first >= stamp(since))

    def _went(self, environment: str, service: str) -> list[tuple[RevisionRef, str]]:
        """Return each revision with a GO in service and when the first was, the newest verdict first."""
        with self._file.reading() as connection:
            rows = connection.execute(
                "select revision, digest, min(at) from verdicts"
                " where environment = ? and service = ? and outcome = 'GO'"
                " and stage in (select value from json_each(?))"
                " group by revision, digest order by max(at) desc, max(id) desc",
                (environment, service, _IN_SERVICE),
            ).fetchall()
        return [(RevisionRef(name=name, digest=digest), first) for name, digest, first in rows]

    def quarantine(self, environment: str, service: str, revision: str, reason: str) -> None:
        """Mark a revision as one never to go back to, until a later GO in service says otherwise.

        Raises:
            LedgerError: the file cannot be written.
        """
        row = {
            "environment": environment,
            "service": service,
            "revision": revision,
            "reason": reason,
            "at": self._clock.now(),
        }
        with self._file.writing() as connection:
            insert(connection, "tombstones", row)

    def is_quarantined(self, environment: str, service: str, revision: str) -> bool:
        """Whether the revision is marked and no later GO lifted the mark; at the same time the mark holds.

        Raises:
            LedgerError: the file cannot be read.
        """
        with self._file.reading() as connection:
            (marked,) = connection.execute(
                "select exists (select 1 from tombstones t where environment = :environment"
                " and service = :service and revision = :revision and not exists (select 1 from verdicts v"
                " where v.environment = t.environment and v.service = t.service"
                " and v.revision = t.revision and v.outcome = 'GO' and v.at > t.at"
                " and v.stage in (select value from json_each(:stages))))",
                {
                    "environment": environment,
                    "service": service,
                    "revision": revision,
                    "stages": _IN_SERVICE,
                },
            ).fetchone()
        return bool(marked)

    def record_rollback(self, environment: str, receipt: Receipt, run_id: str, *, by: str = "") -> None:
        """Record how a rollback ended, and who asked for it.

        Raises:
            LedgerError: the file cannot be written.
        """
        action = receipt.action
        row = {
            "environment": environment,
            "service": action.service,
            "from_revision": action.from_revision,
            "to_revision": action.to_revision,
            "is_target_verified": action.is_target_verified,
            "reason": action.reason,
            "state": receipt.state,
            "is_verified": receipt.is_verified,
            "seconds": receipt.seconds,
            "detail": receipt.detail,
            "run_id": run_id,
            "at": receipt.at,
            "by": by,
        }
        with self._file.writing() as connection:
            insert(connection, "rollbacks", row)

    def last_rollback(self, environment: str, service: str) -> RollBack | None:
        """Return the newest rollback of the service that was verified and not unpinned since, or None.

        Raises:
            LedgerError: the file cannot be read.
        """
        row = self._newest_rollback(environment, service)
        if row is None:
            return None
        return RollBack(
            service=service,
            from_revision=row["from_revision"],
            to_revision=row["to_revision"],
            is_target_verified=bool(row["is_target_verified"]),
            reason=row["reason"],
        )

    def last_choice(self, environment: str, service: str) -> TrafficChoice | None:
        """Return which revision the newest of those rollbacks chose, by whom, when and why, or None.

        Raises:
            LedgerError: the file cannot be read.
        """
        row = self._newest_rollback(environment, service)
        if row is None:
            return None
        return TrafficChoice(
            left=row["from_revision"],
            revision=row["to_revision"],
            by=row["by"],
            reason=row["reason"],
            run_id=row["run_id"],
            at=row["at"],
        )

    def _newest_rollback(self, environment: str, service: str) -> Mapping[str, Any] | None:
        with self._file.reading() as connection:
            row = connection.execute(
                "select * from rollbacks where environment = ? and service = ? and is_verified"
                " and not exists (select 1 from operations o where o.environment = rollbacks.environment"
                " and o.subject = rollbacks.service and o.action = 'unpin' and o.state = 'DONE'"
                " and o.at > rollbacks.at) order by id desc limit 1",
                (environment, service),
            ).fetchone()
        return None if row is None else fields(row)

    def record_drill(self, drill: DrillRecord) -> None:
        """Record what a drill measured.

        Raises:
            LedgerError: the file cannot be written.
        """
        with self._patient.writing() as connection:
            insert(connection, "drills", asdict(drill))

    def drills(self, environment: str, kind: DrillKind | None = None) -> tuple[DrillRecord, ...]:
        """Return the recorded drills, of one kind or of all, the newest first.

        Raises:
            LedgerError: the file cannot be read.
        """
        with self._file.reading() as connection:
            rows = connection.execute(
                "select kind, subject, environment, fingerprint, rto_s, rpo_s, passed, detail, at from drills"
                " where environment = ? and (? is null or kind = ?) order by at desc, id desc",
                (environment, kind, kind),
            ).fetchall()
        return tuple(
            DrillRecord(**{**fields(row), "kind": DrillKind(row["kind"]), "passed": bool(row["passed"])})
            for row in rows
        )

    def record_operation(self, receipt: OperationReceipt) -> None:
        """Record one step of an operation.

        Raises:
            LedgerError: the file cannot be written.
        """
        with self._file.writing() as connection:
            insert(connection, "operations", asdict(receipt))

    def operations(self, environment: str, subject: str | None = None) -> tuple[OperationReceipt, ...]:
        """Return the recorded operations, on one subject or on all, the newest first.

        Raises:
            LedgerError: the file cannot be read.
        """
        with self._file.reading() as connection:
            rows = connection.execute(
                "select action, subject, environment, state, before, after, detail, by, at from operations"
                " where environment = ? and (? is null or subject = ?) order by id desc",
                (environment, subject, subject),
            ).fetchall()
        return tuple(
            OperationReceipt(**{**fields(row), "state": OperationState(row["state"])}) for row in rows
        )
