"""Journeys in what the producers wrote: their names, their steps, how long each took."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gates.model.criterion import Criterion
from gates.model.journey import JourneyResult, JourneyStep
from gates.model.judgement import Judgement, Outcome
from gates.model.operation import OperationReceipt, OperationState

_PREFIX = "::test_"


def journey_of(criterion: Criterion) -> str:
    """Return the name of the journey that a criterion demands: what its producer is called."""
    return criterion.producers[0].rpartition(_PREFIX)[2] if criterion.producers else criterion.id


def results(judgements: Iterable[Judgement], written: str) -> tuple[JourneyResult, ...]:
    """Return the result of each judged journey; `written` is the producers' file, which has the steps."""
    steps = steps_in(written)
    return tuple(_result(judgement, steps) for judgement in judgements if judgement.evidence)


def receipt_of(result: JourneyResult, environment: str, by: str) -> OperationReceipt:
    """Return what the ledger keeps of a journey that `by` asked for."""
    return OperationReceipt(
        action="synthetic",
        subject=result.journey,
        environment=environment,
        state=OperationState.DONE if result.outcome is Outcome.PASS else OperationState.FAILED,
        before="",
        after=result.in_a_word,
        detail=f"{result.seconds:.2f} s; {result.reason}",
        by=by,
        at=result.at,
    )


def _result(judgement: Judgement, steps: Mapping[str, Sequence[JourneyStep]]) -> JourneyResult:
    seen = judgement.evidence[-1]
    return JourneyResult(
        journey=journey_of(judgement.criterion),
        criterion=judgement.criterion.id,
        outcome=judgement.outcome,
        reason=judgement.reason,
        seconds=(seen.window.end - seen.window.start).total_seconds(),
        at=seen.window.end,
        blames=judgement.blames,
        steps=tuple(steps.get(seen.producer, ())),
    )


def steps_in(written: str) -> Mapping[str, Sequence[JourneyStep]]:
    """Return the steps of each test by its node id; a line that cannot be read is skipped."""
    found: dict[str, list[JourneyStep]] = {}
    for line in written.splitlines():
        record = _object(line)
        if record.get("kind") != "report" or record.get("when") != "teardown":
            continue
        texts = [pair[1] for pair in record.get("properties", ()) if pair[0] == "step"]
        steps = [step for text in texts if (step := _step(text)) is not None]
        found.setdefault(str(record.get("id")), []).extend(steps)
    return found


def _step(text: str) -> JourneyStep | None:
    told = _object(text)
    seconds = told.get("seconds")
    if not isinstance(seconds, (int, float)) or not math.isfinite(seconds):
        return None
    return JourneyStep(name=str(told.get("name")), seconds=float(seconds))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
