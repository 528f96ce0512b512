"""Judges what a run saw once more: its verdict replayed, or a new one with what people signed since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gates.model.criterion import Criterion
from gates.model.events import RunPrepared
from gates.model.evidence import ATTESTATION, EvidenceBundle
from gates.model.record import DecisionRecord, RunSetup
from gates.model.verdict import Verdict
from gates.workflows.gate_run import GateRun
from gates.workflows.pipeline import Gate
from gates.workflows.request import Request


def replay(
    begun: GateRun, run_id: str, setup: RunSetup, seen: EvidenceBundle, before: Verdict | None
) -> Verdict:
    """Judge into the run's own folder; a verdict that is there must come out the same.

    Raises:
        GateError: the verdict is another one than before, or could not be written.
    """
    gate = begun.gate if before is None else _as_waived_then(begun.gate, before)
    at = gate.ports.clock.now() if before is None else before.judged_at
    request = Request(stage=setup.scope.stage, run_id=run_id, only=setup.only)
    verdict = gate.judge(request, seen, setup.release, at=at)
    begun.keeper.confirm()
    return verdict


def judge_again(
    begun: GateRun,
    run_id: str,
    setup: RunSetup,
    evidence: Callable[[tuple[Criterion, ...]], EvidenceBundle],
    notify: Callable[[DecisionRecord], None],
) -> DecisionRecord:
    """Judge now, decide, notify, remember and write everything down; nothing is done about it.

    Raises:
        GateError: the verdict is GO and could not be written down.
    """
    gate, keeper = begun.gate, begun.keeper
    request = Request(stage=setup.scope.stage, run_id=run_id, only=setup.only)
    keeper(RunPrepared(setup=setup))
    bundle = evidence(gate.demand(request))
    verdict = gate.judge(request, bundle, setup.release, at=gate.ports.clock.now())
    decision = gate.decide(verdict, gate.views())
    gate.remember(request, verdict)
    record = DecisionRecord(run_id=run_id, verdict=verdict, decision=decision, receipts=(), tools=gate.tools)
    notify(record)
    keeper.finish(record)
    return record


def with_statements(seen: EvidenceBundle, said: EvidenceBundle) -> EvidenceBundle:
    """Return what was seen, with the statements of today in the place of those of then."""
    kept = tuple(item for item in seen.items if not item.producer.startswith(ATTESTATION))
    flaws = tuple(dict.fromkeys((*seen.flaws, *said.flaws)))
    return EvidenceBundle(items=(*kept, *said.items), flaws=flaws)


def _as_waived_then(gate: Gate, before: Verdict) -> Gate:
    """Return the gate with no waiver but those of the verdict, as far as their signatures hold."""
    then = {judgement.waiver for judgement in before.judgements if judgement.waiver is not None}
    holding = gate.waivers
    return replace(gate, waivers=lambda release, at: tuple(w for w in holding(release, at) if w in then))
