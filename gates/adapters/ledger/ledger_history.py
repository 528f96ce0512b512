"""The part of the ledger that remembers every run with all its checks."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from gates.adapters.documents import codec
from gates.adapters.ledger.ledger_file import LedgerFile
from gates.model.criterion import Stage
from gates.model.history import PastCheck, PastRun
from gates.model.verdict import Verdict, VerdictOutcome

LONGEST = 500
"""Runs that are looked back at."""


def run_row(verdict: Verdict, run_id: str) -> dict[str, object]:
    """Return the row of a run; it is added in the transaction that records its verdict."""
    images = tuple((part.service, part.candidate.digest) for part in verdict.release.services)
    checks = tuple(
        PastCheck(
            criterion=j.criterion.id,
            service=j.service,
            outcome=j.outcome,
            samples=j.samples,
            measured=j.measured,
            is_waived=j.waiver is not None,
        )
        for j in verdict.judgements
    )
    return {
        "environment": verdict.release.environment,
        "stage": verdict.scope.stage,
        "run_id": run_id,
        "outcome": verdict.outcome,
        "is_partial": verdict.scope.is_partial,
        "fingerprint": verdict.release.fingerprint,
        "images": codec.canonical(codec.encode(images)).decode(),
        "checks": codec.canonical(codec.encode(checks)).decode(),
        "at": verdict.judged_at,
    }


def past_runs(path: Path, environment: str) -> tuple[PastRun, ...]:
    """Return the runs of an environment, the newest first.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    with LedgerFile(path).reading() as connection:
        rows = connection.execute(
            "select stage, run_id, outcome, is_partial, fingerprint, images, checks, at from runs"
            " where environment = ? order by at desc, id desc limit ?",
            (environment, LONGEST),
        ).fetchall()
    return tuple(
        PastRun(
            run_id=run_id,
            environment=environment,
            stage=Stage(stage),
            outcome=VerdictOutcome(outcome),
            is_partial=bool(is_partial),
            fingerprint=fingerprint,
            images=codec.decode(tuple[tuple[str, str], ...], images, source=str(path)),
            checks=codec.decode(tuple[PastCheck, ...], checks, source=str(path)),
            at=datetime.fromisoformat(at),
        )
        for stage, run_id, outcome, is_partial, fingerprint, images, checks, at in rows
    )
