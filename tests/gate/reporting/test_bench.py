"""A benchmark in words."""

from __future__ import annotations

from gates.judgement.detection import summarise
from gates.model.bench import ArmKind
from gates.model.verdict import VerdictOutcome
from gates.reporting.bench import line_of, summary
from tests.support.bench_arms import result


def test_a_line_says_what_it_took() -> None:
    """Arm, verdict, seconds and requests."""
    line = line_of(result())
    assert line.startswith("ok")
    assert "detected; after 2.0 s and 7 requests" in line


def test_a_wrong_answer_says_what_is_wrong_with_it() -> None:
    """Missed criteria, other services, alarms and errors."""
    assert "did not fail: HLT-LIVE" in line_of(result(missed=("HLT-LIVE",)))
    assert "blamed another service: HLT-LIVE" in line_of(result(astray=("HLT-LIVE",)))
    alarm = result(kind=ArmKind.GOOD)
    assert line_of(alarm).startswith("WRONG")
    assert "failed: HLT-LIVE@auth-service" in line_of(alarm)
    assert "no endpoints" in line_of(result(outcome=None, is_detected=False, error="no endpoints"))
    unclear = result(kind=ArmKind.GOOD, outcome=VerdictOutcome.INCONCLUSIVE, failed=(), unclear=("A@b",))
    assert "unclear: A@b" in line_of(unclear)


def test_the_summary_shows_each_rate_with_its_interval() -> None:
    """And repeats the runs that went wrong."""
    text = summary(summarise([result(), result(number=2, is_detected=False, missed=("HLT-LIVE",))]))
    assert "1 of 2 = 50.0%  (95 %: 9.5% .. 90.5%)" in text
    assert "false alarms                 no run" in text
    assert "M02 #2" in text
