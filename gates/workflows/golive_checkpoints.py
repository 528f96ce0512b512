"""One checkpoint of a go-live as a run of the gate, with its own folder and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gates.model.clock import Clock
from gates.model.decision import DecisionKind
from gates.model.judgement import Outcome
from gates.model.receipt import ReceiptState
from gates.model.record import DecisionRecord, checked_name
from gates.model.timeline import Checkpoint, CheckpointResult, Finding
from gates.model.verdict import Verdict, VerdictOutcome
from gates.workflows.gate_run import Begin, take_run
from gates.workflows.request import Request, RollbackMode

LONGEST_S = 3600.0
"""Seconds that the look of a slot may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointLook:
    """Runs the checks of a checkpoint; the run is named after the go-live and the checkpoint."""

    golive: str
    begin: Begin
    notify: Callable[[DecisionRecord], None]
    clock: Clock

    def __call__(self, slot: Checkpoint, wanted: Mapping[str, str]) -> CheckpointResult:
        """Look, judge, decide, and roll back what the pre-authorisation covers."""
        if slot.stage is None:
            raise AssertionError(f"{slot.name} has nothing to look at")
        request = Request(
            stage=slot.stage,
            run_id=run_of(self.golive, slot, self.clock.now()),
            wanted=wanted,
            only=slot.criteria,
            rollback=RollbackMode.AUTO if slot.at.total_seconds() > 0 else RollbackMode.NEVER,
        )
        return _looked(take_run(self.begin(request.run_id), request, self.notify))


def run_of(golive: str, slot: Checkpoint, at: datetime) -> str:
    """Return the id of a run of a checkpoint that begins at that time.

    Raises:
        UsageError: the go-live's name cannot begin the name of a run.
    """
    return checked_name(f"{golive}-{slot.name}-{at:%H%M%S%f}")


def is_held(verdict: Verdict) -> bool:
    """Whether all demands are met: GO for a whole stage, all checks passed for a part of it."""
    if verdict.outcome is VerdictOutcome.GO:
        return True
    is_suite = verdict.scope.is_partial and not verdict.flaws and bool(verdict.blocking)
    return is_suite and all(judgement.outcome is Outcome.PASS for judgement in verdict.blocking)


def _looked(record: DecisionRecord) -> CheckpointResult:
    verdict, decision = record.verdict, record.decision
    if is_held(verdict):
        passed = sum(j.outcome is Outcome.PASS for j in verdict.judgements)
        return CheckpointResult(
            finding=Finding.HELD, detail=f"{passed} demands are met", run_id=record.run_id
        )
    because = "; ".join(decision.because)[:500]
    if verdict.outcome is not VerdictOutcome.NO_GO:
        return CheckpointResult(finding=Finding.OPEN, detail=because, run_id=record.run_id)
    good = (ReceiptState.DONE, ReceiptState.ALREADY_DONE)
    stays = decision.plan.impossible if decision.plan else ()
    is_back = bool(record.receipts) and not stays
    is_back = is_back and all(r.state in good and r.is_verified for r in record.receipts)
    who = "" if decision.kind is DecisionKind.ROLL_BACK and is_back else f", for the {decision.authority}"
    detail = f"{decision.kind} ({decision.priority}{who}): {because}"
    return CheckpointResult(
        finding=Finding.FAILED, detail=detail, run_id=record.run_id, is_rolled_back=is_back
    )
