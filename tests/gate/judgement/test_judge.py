"""The judge's truth table, line by line, and its laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.judgement.judge import judge
from gates.model.criterion import Bands, Comparator, Priority, Severity
from gates.model.evidence import Evidence, EvidenceBundle, EvidenceStatus
from gates.model.judgement import Judgement, Outcome, Waiver, worst
from tests.support.builders import NOW, criterion, evidence

ERROR_RATE = {
    "id": "SLI-ERRORS",
    "comparator": Comparator.LT,
    "threshold": 0.001,
    "unit": "ratio",
    "bands": Bands(alert=0.005, critical=0.01),
    "minimum_samples": 100,
}


def one(*items: Evidence, **changes: object) -> Judgement:
    """Judge one criterion on some evidence."""
    demanded = criterion(**changes)
    (judgement,) = judge([demanded], EvidenceBundle(items=items), now=NOW)
    return judgement


def rate(value: float, samples: int = 5000) -> Evidence:
    """Return a measured error ratio."""
    return evidence(value, criterion="SLI-ERRORS", unit="ratio", samples=samples)


def test_a_passed_check_is_a_pass() -> None:
    """Everything demanded was observed and held."""
    assert one(evidence(0.0)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("items", "outcome", "words"),
    [
        ((), Outcome.INCONCLUSIVE, "delivered nothing"),
        ((evidence(1.0, reason="401 instead of 200"),), Outcome.FAIL, "401 instead of 200"),
        ((evidence(None, reason="skipped"),), Outcome.INCONCLUSIVE, "skipped"),
        ((evidence(None, status=EvidenceStatus.ERRORED, reason="boom"),), Outcome.ERROR, "boom"),
        ((evidence(0.0, unit="ms"),), Outcome.ERROR, "measured in ms"),
        ((evidence(0.0), evidence(1.0, reason="bad")), Outcome.FAIL, "bad"),
        ((evidence(0.0), evidence(None, reason="skipped")), Outcome.INCONCLUSIVE, "skipped"),
        ((evidence(0.0, producer="other.py::test[x]"),), Outcome.INCONCLUSIVE, "delivered nothing"),
        ((evidence(0.0, service="frontend"),), Outcome.INCONCLUSIVE, "delivered nothing"),
    ],
)
def test_each_line_of_the_truth_table(items: tuple[Evidence, ...], outcome: Outcome, words: str) -> None:
    """Each kind of evidence, or its absence, has exactly one outcome and says why."""
    judgement = one(*items)

    assert judgement.outcome is outcome
    assert words in judgement.reason


@pytest.mark.parametrize(
    ("value", "outcome", "priority"),
    [
        (0.0, Outcome.PASS, None),
        (0.0009, Outcome.PASS, None),
        (0.001, Outcome.FAIL, Priority.P2),
        (0.004, Outcome.FAIL, Priority.P2),
        (0.006, Outcome.FAIL, Priority.P1),
        (0.02, Outcome.FAIL, Priority.P0),
    ],
)
def test_three_bands_give_three_priorities(value: float, outcome: Outcome, priority: Priority | None) -> None:
    """Beyond the target is P2, beyond the alert threshold P1, beyond the critical one P0."""
    judgement = one(rate(value), **ERROR_RATE)

    assert (judgement.outcome, judgement.priority) == (outcome, priority)


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_too_few_samples_decide_nothing(value: float) -> None:
    """Below the minimum of samples neither a good nor a bad figure counts, and the rest is named."""
    judgement = one(rate(value, samples=40), **ERROR_RATE)

    assert judgement.outcome is Outcome.INCONCLUSIVE
    assert "60 more needed" in judgement.reason


def test_zero_requests_are_no_perfect_error_rate() -> None:
    """An error ratio over no requests is not a pass."""
    assert one(rate(0.0, samples=0), **ERROR_RATE).outcome is Outcome.INCONCLUSIVE


def test_a_passed_test_that_measured_nothing_is_no_pass_of_a_measured_criterion() -> None:
    """A green test in the wrong unit cannot satisfy a threshold."""
    judgement = one(evidence(0.0, criterion="SLI-ERRORS"), **{**ERROR_RATE, "minimum_samples": 1})

    assert judgement.outcome is Outcome.ERROR


def test_an_attested_criterion_waits_for_its_role() -> None:
    """Without the attestation it is open, with it it passes."""
    demanded = {"producers": (), "attested_by": "product-owner"}

    assert "waits for the product-owner" in one(**demanded).reason
    assert one(evidence(0.0, producer="attestation:product-owner"), **demanded).outcome is Outcome.PASS


def test_a_criterion_that_nothing_produces_is_never_a_pass() -> None:
    """No producer and no role: open, even when somebody delivers evidence."""
    assert one(evidence(0.0), producers=()).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("days", "is_waived"), [(1, True), (-1, False), (0, False)])
def test_an_expired_waiver_equals_none(days: int, *, is_waived: bool) -> None:
    """A waiver covers its criterion until it expires, and not at that moment."""
    waiver = Waiver(
        criterion="HLT-LIVE",
        service=None,
        reason="known",
        approved_by="an approver",
        role="security-team-lead",
        expires_at=NOW + timedelta(days=days),
    )
    mild = criterion(severity=Severity.CRITICAL, priority=Priority.P1)
    (judgement,) = judge([mild], EvidenceBundle(items=()), waivers=[waiver], now=NOW)

    assert (judgement.waiver is not None) is is_waived


def test_a_failure_names_the_cause_that_explains_it() -> None:
    """When the criterion that it depends on failed for the same service, the failure is implied by that."""
    demands = [criterion(id="A"), criterion(id="B", depends_on=("A",))]
    items = (evidence(1.0, criterion="A"), evidence(1.0, criterion="B"))
    cause, effect = judge(demands, EvidenceBundle(items=items), now=NOW)

    assert (cause.implied_by, effect.implied_by) == (None, "A@auth-service")


PARTS = (criterion(id="A"), criterion(id="B"))
SUM = criterion(id="SUM", producers=(), summarises=("A", "B"), services=("platform",))


@pytest.mark.parametrize(
    ("a", "b", "outcome", "reason"),
    [
        (evidence(0.0, criterion="A"), evidence(0.0, criterion="B"), Outcome.PASS, "PASS"),
        (evidence(0.0, criterion="A"), evidence(1.0, criterion="B"), Outcome.FAIL, "B@auth-service: FAIL"),
        (evidence(0.0, criterion="A"), evidence(None, criterion="B"), Outcome.INCONCLUSIVE, "B@auth-service"),
    ],
)
def test_a_summary_is_as_good_as_the_worst_of_its_parts(
    a: Evidence, b: Evidence, outcome: Outcome, reason: str
) -> None:
    """Wherever it stands in the catalogue; a part that failed explains it."""
    summary, *_ = judge([SUM, *PARTS], EvidenceBundle(items=(a, b)), now=NOW)

    assert (summary.outcome, reason in summary.reason) == (outcome, True)
    assert (summary.implied_by == "B@auth-service") is (outcome is Outcome.FAIL)


def test_a_summary_of_what_was_not_judged_is_open() -> None:
    """A part that this run left out, and a waived part, are no PASS."""
    (alone,) = judge([SUM], EvidenceBundle(items=()), now=NOW)
    assert (alone.outcome, "A was not judged" in alone.reason) == (Outcome.INCONCLUSIVE, True)


def test_a_summary_waits_for_its_role_too() -> None:
    """Its parts alone are not what a person has to say."""
    attested = replace(SUM, attested_by="product-owner")
    items = tuple(evidence(0.0, criterion=part.id) for part in PARTS)
    *_, summary = judge([*PARTS, attested], EvidenceBundle(items=items), now=NOW)

    assert (summary.outcome, summary.reason) == (
        Outcome.INCONCLUSIVE,
        "not attested: waits for the product-owner",
    )


def test_the_worst_of_nothing_is_refused() -> None:
    """An empty conjunction is no pass."""
    with pytest.raises(ValueError, match="nothing"):
        worst([])


ITEMS = st.lists(
    st.sampled_from(
        [
            evidence(0.0),
            evidence(1.0, reason="bad"),
            evidence(None, reason="skipped"),
            evidence(None, status=EvidenceStatus.ERRORED, reason="broke"),
            evidence(0.0, unit="ms"),
        ]
    ),
    max_size=6,
)


@given(items=ITEMS, random=st.randoms(use_true_random=False))
def test_the_order_of_evidence_never_changes_a_judgement(items: list[Evidence], random: Random) -> None:
    """Law: evidence is a set, not a sequence."""
    shuffled = random.sample(items, len(items))

    assert one(*items) == one(*shuffled)


@given(items=ITEMS)
def test_removing_all_evidence_never_leaves_a_pass(items: list[Evidence]) -> None:
    """Law: what another service's producers delivered does not count for this one."""
    others = [replace(item, subject=replace(item.subject, service="frontend")) for item in items]

    assert one(*others).outcome is Outcome.INCONCLUSIVE


@given(items=ITEMS)
def test_worsening_evidence_never_improves_a_judgement(items: list[Evidence]) -> None:
    """Law: one more failed check makes it a FAIL, whatever else was seen."""
    assert one(*items, evidence(1.0, reason="bad")).outcome is Outcome.FAIL
