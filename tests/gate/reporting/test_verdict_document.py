"""`verdict.json` says all that follows from a verdict, and cannot disagree with it unnoticed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from gates.model.judgement import Outcome
from gates.model.verdict import Scope, Verdict, VerdictOutcome
from gates.reporting.reasons import Counts
from gates.reporting.verdict_document import verdict_document, verdict_of
from tests.support.drawing import examples
from tests.support.sample_verdict import LIVE, RUN_ID, SERVICES, bad_verdict, good_verdict, passed
from tests.support.strategies import values

BAD = verdict_document(bad_verdict(), run_id=RUN_ID)


@settings(max_examples=examples(60))
@given(verdict=values(Verdict))
def test_a_verdict_survives_its_document_which_counts_and_explains_it(verdict: Verdict) -> None:
    """The document holds the whole verdict, counts each judgement once, and explains all but a GO."""
    document = verdict_document(verdict, run_id="r")
    counts = document.counts

    assert verdict_of(document) == verdict
    assert document.outcome is verdict.outcome
    parts = counts.passed + counts.failed + counts.inconclusive + counts.errored + counts.waived
    assert counts.total == len(verdict.judgements) == parts
    if verdict.outcome is not VerdictOutcome.GO:
        assert not document.reasons[0].startswith("all ")


def test_the_story_is_counted_and_explained() -> None:
    """Counts, reasons and blames say what the story is about, causes before their effects."""
    assert BAD.outcome is VerdictOutcome.NO_GO
    assert Counts(total=54, passed=47, failed=4, inconclusive=1, errored=1, waived=1) == BAD.counts
    assert BAD.blames == ("auth-service", "nlp-assistant")
    assert BAD.reasons[0].startswith(
        "4 blocking checks failed: PRF-P95@nlp-assistant, SEC-LOGOUT@auth-service"
    )
    assert BAD.reasons[1:] == (
        "1 blocking check could not be evaluated: MON-ALERTS@decision-engine",
        "1 blocking check had not enough evidence: OPS-BACKUP@event-processor",
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": VerdictOutcome.GO},
        {"counts": replace(BAD.counts, failed=0)},
        {"reasons": ()},
        {"blames": ("frontend",)},
        {"criteria": (*BAD.criteria, replace(BAD.criteria[0], id="MORE"))},
        {"judgements": (replace(BAD.judgements[0], is_blocking=False), *BAD.judgements[1:])},
        {"judgements": (replace(BAD.judgements[0], demand="anything"), *BAD.judgements[1:])},
        {"judgements": (replace(BAD.judgements[0], criterion="GONE"), *BAD.judgements[1:])},
        {"judgements": (*BAD.judgements, BAD.judgements[0])},
        {"judgements": ()},
    ],
)
def test_a_document_that_disagrees_with_itself_is_refused(changes: dict[str, Any]) -> None:
    """No derived field can be edited without being noticed."""
    with pytest.raises(ValueError, match=r"disagrees|judged|at least one judgement"):
        verdict_of(replace(BAD, **changes))


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE])
def test_dropping_a_bad_judgement_is_noticed(outcome: Outcome) -> None:
    """A bad judgement cannot be cut out of the document alone."""
    left = tuple(entry for entry in BAD.judgements if entry.outcome is not outcome)

    with pytest.raises(ValueError, match="disagrees"):
        verdict_of(replace(BAD, judgements=left))


def test_reasons_name_what_no_judgement_shows() -> None:
    """A partial scope and a flawed channel are reasons, although every check passed."""
    good = good_verdict()
    partial = replace(
        good, scope=Scope(stage=good.scope.stage, is_partial=True), flaws=("a worker was lost",)
    )
    reasons = verdict_document(partial, run_id="r").reasons

    assert verdict_document(partial, run_id="r").outcome is VerdictOutcome.INCONCLUSIVE
    assert any("only a part" in reason for reason in reasons)
    assert any("a worker was lost" in reason for reason in reasons)
    assert verdict_document(good, run_id="r").reasons == ("all 9 blocking checks passed",)
    alone = replace(good, judgements=good.judgements[:1])
    assert verdict_document(alone, run_id="r").reasons == ("the one blocking check passed",)


def test_two_criteria_with_one_id_are_refused() -> None:
    """An id stands for one demand."""
    other = passed(replace(LIVE, statement="something else"), SERVICES[1])
    verdict = replace(good_verdict(), judgements=(passed(LIVE, SERVICES[0]), other))

    with pytest.raises(ValueError, match="two different criteria"):
        verdict_document(verdict, run_id="r")
