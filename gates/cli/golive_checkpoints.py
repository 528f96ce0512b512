"""One slot of a go-live through the gate: a run of its own, with its folder and its reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gates import wiring
from gates.cli.notify import tell_run
from gates.decision.approval import Question, approvals
from gates.model.decision import DecisionKind
from gates.model.judgement import Outcome
from gates.model.receipt import ReceiptState
from gates.model.record import DecisionRecord
from gates.model.timeline import Checkpoint, CheckpointResult, Finding
from gates.model.verdict import Verdict, VerdictOutcome
from gates.workflows.pipeline import Request, RollbackMode

_LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class CheckpointLook:
    """Takes a slot's demands through the gate."""

    context: wiring.Context
    golive: str

    def __call__(self, slot: Checkpoint, wanted: Mapping[str, str]) -> CheckpointResult:
        """Look, judge, decide, and roll back what the standing authority covers."""
        if slot.stage is None:
            raise AssertionError(f"{slot.name} has nothing to look at")
        run_id = run_of(self.golive, slot)
        folder = self.context.run_folder(run_id)
        keeper = wiring.keeper(folder)
        gate = self.context.gate(folder, announce=keeper, seconds=_LONGEST_S)
        request = Request(
            stage=slot.stage,
            run_id=run_id,
            wanted=wanted,
            only=slot.criteria,
            rollback=RollbackMode.AUTO if slot.at.total_seconds() > 0 else RollbackMode.NEVER,
        )
        record = gate.run(request)
        tell_run(self.context, run_id, record.decision, record.receipts)
        keeper.finish(record)
        return _looked(record)


def run_of(golive: str, slot: Checkpoint) -> str:
    """Return the id of a new run of a slot.

    Raises:
        UsageError: no run can have a name that begins with the go-live's.
    """
    from gates.adapters.runs.run_folder import checked_name  # noqa: PLC0415 - `rollback status` opens no folder

    return checked_name(f"{golive}-{slot.name}-{datetime.now(UTC):%H%M%S%f}")


def is_held(verdict: Verdict) -> bool:
    """Whether everything that was demanded is met: GO for a whole stage, all of a suite for a part of it."""
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


def missing_signatures(context: wiring.Context, run_id: str) -> Sequence[str]:
    """Return who has not signed a run, and why; nobody is missing when every role has."""
    folder = wiring.open_run_folder(wiring.reports_folder() / run_id)
    question = Question(
        run_id=run_id,
        digest=folder.evidence_digest(),
        environment=context.environment.name,
        roles=context.platform.policy.approvals,
        now=datetime.now(UTC),
    )
    found = approvals(context.statements.folder.read(), question)
    return () if found.is_complete else [f"{role} {why}" for role, why in found.missing] or ["a role"]
