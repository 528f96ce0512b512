"""Whether the gate saw what is wrong with a release whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gates.judgement.detection import RunFacts, assess, summarise
from gates.model.bench import Arm, ArmKind, ArmResult
from gates.model.criterion import Severity
from gates.model.verdict import Verdict, VerdictOutcome
from tests.support.bench_arms import BAD, GOOD, failing, result, verdict_on
from tests.support.builders import NOW, evidence

STARTED = NOW - timedelta(minutes=2)


def judged(arm: Arm, verdict: Verdict) -> ArmResult:
    """Assess a run that began two minutes ago and had sent as many requests as seconds had passed."""

    def requests(moment: datetime) -> int:
        return int((moment - STARTED).total_seconds())

    return assess(arm, 1, verdict, RunFacts(started=STARTED, seconds=90.0, requests_until=requests))


def test_a_failure_of_the_named_criterion_about_the_service_is_right() -> None:
    """Detected, right criterion, right service, with what it took."""
    seen = judged(BAD, failing())
    assert (seen.is_detected, seen.has_right_criterion, seen.has_right_service) == (True, True, True)
    assert (seen.detection_s, seen.requests, seen.failed) == (60.0, 60, ("HLT-LIVE@auth-service",))
    assert seen.is_as_expected


def test_a_failure_about_another_service_is_astray() -> None:
    """The criterion is right, the service is not."""
    seen = judged(BAD, failing("frontend"))
    assert (seen.is_detected, seen.has_right_criterion, seen.has_right_service) == (True, True, False)
    assert seen.astray == ("HLT-LIVE",)
    assert not seen.is_as_expected


def test_an_observation_that_blames_the_service_is_about_it() -> None:
    """A platform-wide check is judged about something else and points at the service."""
    assert judged(BAD, failing("frontend", blames="auth-service")).has_right_service


def test_a_failure_of_another_criterion_alone_is_not_the_right_one() -> None:
    """NO_GO for the wrong reason counts as detected and nothing more."""
    arm = replace(BAD, criteria=("AUT-LOGIN",))
    seen = judged(arm, failing())
    assert (seen.is_detected, seen.has_right_criterion, seen.missed) == (True, False, ("AUT-LOGIN",))


def test_what_failed_beside_the_named_is_told_and_their_consequences_are_not() -> None:
    """A defect that breaks more than its arm says is not exactly what was meant."""
    (judgement,) = failing().judgements
    implied = replace(judgement, implied_by="HLT-LIVE@auth-service")
    for named, failed, besides in (
        (("HLT-LIVE",), judgement, ()),
        (("AUT-LOGIN",), judgement, ("HLT-LIVE@auth-service",)),
        (("HLT-LIVE", "AUT-LOGIN"), implied, ()),
    ):
        arm = replace(BAD, criteria=named)
        assert judged(arm, replace(failing(), judgements=(failed,))).besides == besides
    other = replace(judgement, criterion=replace(judgement.criterion, id="VAL-HEALTH"))
    assert judged(BAD, replace(failing(), judgements=(judgement, other))).besides == ()


def test_of_the_named_criteria_those_that_the_stage_demands_count() -> None:
    """A fault may name criteria of several stages; one stage is looked at."""
    assert judged(replace(BAD, criteria=("SEC-01", "HLT-LIVE")), failing()).has_right_service


def test_a_fault_that_only_warns_is_detected_when_it_is_told() -> None:
    """Criteria that cannot stop a release detect by failing; a blocking one only by NO_GO."""
    (judgement,) = failing().judgements
    advice = replace(judgement, criterion=replace(judgement.criterion, severity=Severity.MINOR))
    seen = judged(BAD, replace(failing(), judgements=(advice,)))
    assert (seen.outcome, seen.is_detected, seen.is_as_expected) == (VerdictOutcome.INCONCLUSIVE, True, True)
    elsewhere = judged(replace(BAD, criteria=("AUT-LOGIN",)), replace(failing(), judgements=(advice,)))
    assert not elsewhere.is_detected


def test_a_bad_release_that_passes_is_missed() -> None:
    """GO about a known-bad release."""
    seen = judged(BAD, verdict_on(evidence(0.0)))
    assert (seen.is_detected, seen.detection_s, seen.is_as_expected) == (False, None, False)


@pytest.mark.parametrize(
    ("verdict", "is_alarm", "is_expected"),
    [
        (verdict_on(evidence(0.0)), False, True),
        (verdict_on(evidence(1.0)), True, False),
        (verdict_on(evidence(None)), False, False),
    ],
)
def test_on_a_good_release_only_a_pass_is_expected(
    *, verdict: Verdict, is_alarm: bool, is_expected: bool
) -> None:
    """A failure is a false alarm; nothing seen is no alarm, and no proof either."""
    seen = judged(GOOD, verdict)
    assert (seen.is_false_alarm, seen.is_as_expected) == (is_alarm, is_expected)


@pytest.mark.parametrize(
    ("changes", "is_wrong"),
    [
        ({"outcome": VerdictOutcome.INCONCLUSIVE, "failed": ()}, False),
        ({"outcome": None, "failed": (), "error": "no endpoints"}, False),
        ({"outcome": VerdictOutcome.GO, "failed": ()}, True),
        ({"outcome": VerdictOutcome.NO_GO}, True),
    ],
)
def test_a_blinded_gate_says_neither_go_nor_anything_about_the_platform(
    *, changes: dict[str, Any], is_wrong: bool
) -> None:
    """Sabotage may end in INCONCLUSIVE or in an error."""
    assert result(kind=ArmKind.SABOTAGE, **changes).is_false_alarm is is_wrong


def test_the_rates_count_each_kind_by_itself() -> None:
    """Bad arms for detection, good and benign ones for alarms, sabotage for blindness; no run is no rate."""
    good = result(arm="good", kind=ArmKind.GOOD, outcome=VerdictOutcome.GO, failed=(), is_detected=False)
    alarm = replace(good, failed=("HLT-LIVE@auth-service",), outcome=VerdictOutcome.NO_GO)
    rates = dict(summarise([result(), result(is_detected=False, missed=("HLT-LIVE",)), good, alarm]).rates)
    shown = {name: (rate.hits, rate.runs) for name, rate in rates.items() if rate is not None}
    assert shown["detected"] == shown["right criterion and service"] == (1, 2)
    assert shown["false alarms"] == (1, 2)
    assert rates["wrong answers when blind"] is None
