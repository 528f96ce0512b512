"""Judges a run of the benchmark: whether the gate found the known fault of a release, and only that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gates.judgement.proportions import wilson
from gates.model.bench import Arm, ArmKind, ArmResult, BenchResult, Rate
from gates.model.judgement import Judgement, Outcome
from gates.model.verdict import Verdict, VerdictOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What is known of a run beside its verdict; seconds count from `started`."""

    started: datetime
    seconds: float
    requests_until: Callable[[datetime], int | None]


def assess(arm: Arm, number: int, verdict: Verdict, run: RunFacts) -> ArmResult:
    """Return whether the gate answered one run of an arm as expected.

    Args:
        arm: the release, with the fault that it is known to have.
        number: which repetition of the arm it was.
        verdict: the answer of the gate.
        run: when it began, how long it took, and how many requests it had sent by a moment.
    """
    demanded = {judgement.criterion.id for judgement in verdict.judgements}
    named = [name for name in arm.criteria if name in demanded] or list(arm.criteria)
    failed = [judgement for judgement in verdict.judgements if judgement.outcome is Outcome.FAIL]
    seen = [judgement for judgement in failed if judgement.criterion.id in named]
    right = [judgement for judgement in seen if _is_about(judgement, arm.service)]
    moment = min((item.window.end for one in right or seen for item in one.evidence), default=None)
    return ArmResult(
        arm=arm.id,
        kind=arm.kind,
        service=arm.service,
        number=number,
        outcome=verdict.outcome,
        seconds=run.seconds,
        failed=_labels(failed),
        unclear=_labels(j for j in verdict.judgements if j.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR)),
        missed=tuple(name for name in named if name not in _ids(seen)),
        astray=tuple(name for name in named if name in _ids(seen) and name not in _ids(right)),
        besides=_labels(_unnamed(failed, arm)) if arm.kind.is_bad else (),
        is_detected=verdict.outcome is VerdictOutcome.NO_GO or _is_advice_given(seen),
        detection_s=None if moment is None else (moment - run.started).total_seconds(),
        requests=None if moment is None else run.requests_until(moment),
    )


def _is_advice_given(seen: Sequence[Judgement]) -> bool:
    """Whether all criteria that failed are advice, which cannot stop a release."""
    return bool(seen) and not any(judgement.criterion.severity.blocks for judgement in seen)


def _unnamed(failed: Sequence[Judgement], arm: Arm) -> Iterator[Judgement]:
    """Yield the failures that the arm does not name.

    Left out are consequences of the named ones, and judgements of the same observations.
    """
    result = {item.producer for one in failed if one.criterion.id in arm.criteria for item in one.evidence}
    for judgement in failed:
        cause = (judgement.implied_by or "").partition("@")[0]
        is_same = any(item.producer in result for item in judgement.evidence)
        if judgement.criterion.id not in arm.criteria and cause not in arm.criteria and not is_same:
            yield judgement


def _is_about(judgement: Judgement, service: str) -> bool:
    """Whether a judgement is about the service, or blames it."""
    return service in (judgement.service, *judgement.blames)


def _ids(judgements: Iterable[Judgement]) -> set[str]:
    return {judgement.criterion.id for judgement in judgements}


def _labels(judgements: Iterable[Judgement]) -> tuple[str, ...]:
    return tuple(judgement.key for judgement in judgements)


def summarise(results: Sequence[ArmResult]) -> BenchResult:
    """Return the rates of all runs with their intervals."""
    bad = [one for one in results if one.kind.is_bad]
    quiet = [one for one in results if one.kind in (ArmKind.BENIGN, ArmKind.GOOD)]
    blind = [one for one in results if one.kind is ArmKind.SABOTAGE]
    return BenchResult(
        results=tuple(results),
        rates=(
            ("detected", _rate(bad, lambda one: one.is_detected)),
            ("stopped, more than warned of", _rate(bad, lambda one: one.outcome is VerdictOutcome.NO_GO)),
            ("right criterion", _rate(bad, lambda one: one.has_right_criterion)),
            ("right criterion and service", _rate(bad, lambda one: one.has_right_service)),
            ("nothing but what was named", _rate(bad, lambda one: one.is_detected and not one.besides)),
            ("false alarms", _rate(quiet, lambda one: one.is_false_alarm)),
            (
                "unclear although good",
                _rate(quiet, lambda one: not (one.is_false_alarm or one.is_as_expected)),
            ),
            ("wrong answers when blind", _rate(blind, lambda one: one.is_false_alarm)),
        ),
    )


def _rate(results: Sequence[ArmResult], is_hit: Callable[[ArmResult], bool]) -> Rate | None:
    if not results:
        return None
    hits = sum(is_hit(one) for one in results)
    low, high = wilson(hits, len(results))
    return Rate(hits=hits, runs=len(results), low=low, high=high)
