"""The terminal's text is what a person reads at three in the morning."""

from __future__ import annotations

from dataclasses import replace

from gates.model.decision import Decision, DecisionKind, RollbackPlan
from gates.model.judgement import Outcome
from gates.reporting.report import report_of
from gates.reporting.terminal import WIDTH, terminal
from tests.support.sample_verdict import (
    LOGOUT,
    ROLL_BACK,
    RUN_ID,
    bad_verdict,
    decision,
    failed,
    good_verdict,
    receipt,
)

BAD = report_of(bad_verdict(), run_id=RUN_ID)


def test_the_verdict_is_the_first_word() -> None:
    """The first line is the verdict and what it is about."""
    assert terminal(BAD).splitlines()[0] == "NO_GO  release r1 · sandbox · immediate"


def test_a_failure_says_what_was_measured_against_what() -> None:
    """Criterion, service, measured and demanded stand together."""
    text = terminal(BAD)

    assert "PRF-P95  nlp-assistant  [P0 · critical]" in text
    assert text.count("412.5 ms") == text.count("demanded < 300 ms (p99") == 1


def test_causes_are_shown_and_effects_are_named() -> None:
    """An implied failure takes one line, after all causes."""
    text = terminal(BAD)

    assert text.count("A token is refused everywhere") == 1
    assert text.index("PRF-P95  nlp-assistant") < text.index("SEC-LOGOUT@api-gateway follows from SEC-LOGOUT")


def test_an_error_is_no_measurement() -> None:
    """What could not be evaluated does not pretend to have measured nothing."""
    text = terminal(BAD)

    assert "could not be evaluated" in text
    assert text.count("the Monitoring API") == 1
    assert "measured nothing" not in text


def test_what_happens_next_and_what_was_done() -> None:
    """The decision with its authority and time, the plan, and the receipts end the text."""
    text = " ".join(
        terminal(report_of(bad_verdict(), run_id=RUN_ID, decision=decision(), receipts=(receipt(),))).split()
    )

    assert "ROLL_BACK auth-service (P0, pre-authorised by person-one until 2026-03-31, within 5 min)" in text
    assert "wave 1: auth-service: auth-service-00002 → auth-service-00001" in text
    assert "DONE auth-service: auth-service-00002 → auth-service-00001 in 1.2 s, verified" in text
    assert "do not release" in terminal(BAD)


def test_a_rollback_that_cannot_be_is_said() -> None:
    """Nothing to go back to, and a target without a GO, are no secrets."""
    unknown = replace(ROLL_BACK, is_target_verified=False)
    plan = RollbackPlan(waves=((unknown,),), impossible=(("frontend", "it has one revision only"),))
    decided = Decision(kind=DecisionKind.ROLL_BACK, because=(), authority="CTO", plan=plan)
    text = terminal(report_of(bad_verdict(), run_id=RUN_ID, decision=decided))

    assert "ROLL_BACK (needs CTO)" in text
    assert "(which has no GO on record)" in " ".join(text.split())
    assert "cannot roll back frontend: it has one revision only" in text


def test_the_matrix_has_a_line_for_each_service() -> None:
    """Nine services and five categories fit the width."""
    text = terminal(BAD)
    rows = [line.split() for line in text[text.index("SERVICES") :].splitlines()]

    assert ["auth-service", "ok", "1", "ok", "1", "FAIL", "1/2", "ok", "1", "ok", "1"] in rows
    assert max(map(len, text.splitlines())) <= WIDTH


def test_many_failures_are_counted() -> None:
    """A hundred failures do not scroll the verdict away."""
    judgements = tuple(failed(LOGOUT, f"service-{n}", 1, "no") for n in range(100))
    text = terminal(report_of(replace(bad_verdict(), judgements=judgements), run_id=RUN_ID))

    assert "service-9, 90 more  [P0 · blocker]" in " ".join(text.split("\n    "))


def test_different_failures_are_counted() -> None:
    """Each says something else, so ten are shown."""
    judgements = tuple(failed(LOGOUT, f"service-{n}", 1, f"no {n}") for n in range(100))
    text = terminal(report_of(replace(bad_verdict(), judgements=judgements), run_id=RUN_ID))

    assert "… and 90 more: see verdict.json" in text


def test_go_is_short() -> None:
    """A GO has no failures to show."""
    text = terminal(report_of(good_verdict(), run_id=RUN_ID))

    assert text.startswith("GO  ")
    assert "FAILED" not in text
    assert "nothing: the release may go" in text


def test_the_headline_of_a_failure_does_not_list_what_was_not_looked_at() -> None:
    """Beside a failure the parts below name it; without one it is what the verdict rests on."""
    (unseen,) = set(BAD.reasons) - set(BAD.headline)
    assert "OPS-BACKUP@event-processor" in unseen
    assert unseen not in terminal(BAD)
    kept = tuple(one for one in bad_verdict().judgements if one.outcome is not Outcome.FAIL)
    open_one = report_of(replace(bad_verdict(), judgements=kept), run_id=RUN_ID)
    assert open_one.headline == open_one.reasons
    assert unseen in terminal(open_one).partition("\n\n")[0]
