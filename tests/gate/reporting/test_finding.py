"""One finding, written once, with whose it is and what to do next."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from gates.judgement.judge import judge
from gates.model.criterion import Comparator, FailureAction
from gates.model.decision import Decision, DecisionKind
from gates.model.evidence import EvidenceBundle
from gates.model.judgement import NOTHING_DELIVERED, Judgement, Outcome
from gates.reporting.allure import allure_files
from gates.reporting.finding import waiting_commands
from gates.reporting.junit import junit
from gates.reporting.markdown import markdown
from gates.reporting.report import VerdictReport, report_of
from gates.reporting.sarif import sarif
from gates.reporting.terminal import terminal
from tests.support.builders import NOW, criterion, evidence
from tests.support.sample_verdict import bad_verdict, good_verdict

RATE = criterion(
    id="LOD-ACHIEVED",
    category="contract",
    comparator=Comparator.GE,
    threshold=0.9,
    unit="ratio",
    counts="request",
    failure_action=FailureAction.SCALE,
)
TRAINED = criterion(id="OPS-01", producers=(), attested_by="product-owner", owner="operations-manager")
SIGNED = criterion(id="OPS-04", producers=(), attested_by="product-owner", owner="operations-manager")


def rate(value: float) -> Judgement:
    """Judge a reached share of the demanded rate."""
    seen = evidence(value, criterion=RATE.id, unit="ratio", samples=1033)
    (judged,) = judge([RATE], EvidenceBundle(items=(seen,)), now=NOW)
    return judged


def report(*judgements: Judgement, decision: Decision | None = None) -> VerdictReport:
    """Return the report of a verdict with these judgements alone."""
    return report_of(replace(bad_verdict(), judgements=judgements), run_id="r", decision=decision)


REPORTS: dict[str, Callable[[VerdictReport], str]] = {
    "terminal": terminal,
    "markdown": lambda one: markdown(one).replace("&#60;", "<"),
    "junit message": lambda one: junit(one).partition("<failure")[2],
    "allure message": lambda one: str([f.content for f in allure_files(one)]),
    "sarif": lambda one: str(json.loads(sarif(one))),
}


def test_a_finding_says_what_was_measured_over_how_many_and_what_was_demanded() -> None:
    """Per cent, thousands grouped, no name of a comparator, no more than four digits."""
    judged = rate(0.875424)
    (found,) = report(judged).findings

    assert (judged.outcome, judged.samples) == (Outcome.FAIL, 1033)
    for part in ("87.54 %", "1,033", "≥ 90 %"):
        assert part in found.seen
    assert " ge " not in found.seen
    assert "0.875424" not in found.seen
    assert (found.whose, found.next_step.partition(";")[0]) == (RATE.owner, "scale or optimise")


@pytest.mark.parametrize("name", ["terminal", "sarif"])
def test_a_figure_stands_once_in_a_report(name: str) -> None:
    """The decision that repeats the finding does not make it stand twice."""
    judged = rate(0.875424)
    because = (f"{judged.criterion.id} auth-service: {judged.reason}",)
    decided = Decision(kind=DecisionKind.SCALE, because=because, services=("auth-service",))
    shown = REPORTS[name](report(judged, decision=decided))

    assert shown.count("87.54 %") == 1


@pytest.mark.parametrize("name", list(REPORTS))
def test_every_report_shows_the_same_finding(name: str) -> None:
    """Terminal, Markdown, JUnit, Allure and SARIF: the same sentence and the same next step."""
    shown = " ".join(REPORTS[name](report(rate(0.875424))).split())

    assert "measured 87.54 % over 1,033 requests, demanded ≥ 90 %" in shown
    assert "gate criteria explain LOD-ACHIEVED" in shown


def test_what_a_person_must_say_names_the_role_and_the_command() -> None:
    """One command for each role, with everything that waits for it."""
    judged = judge([TRAINED, SIGNED], EvidenceBundle(items=()), now=NOW)
    waiting = report(*judged)
    (command,) = waiting_commands(waiting.findings, "sandbox")

    assert command.startswith("gate attest OPS-01 OPS-04 --env sandbox --role product-owner ")
    assert {found.whose for found in waiting.findings} == {"product-owner"}
    assert command in waiting.next_steps
    assert command in " ".join(terminal(waiting).split())


def test_what_was_not_seen_names_the_command_that_looks_again() -> None:
    """An open check is not left to be looked up."""
    (judged,) = judge([criterion()], EvidenceBundle(items=()), now=NOW)
    (found,) = report(judged).findings

    assert found.next_step.endswith("gate run --env sandbox --stage immediate --only HLT-LIVE")


def test_what_nobody_looked_at_beside_a_failure_is_only_named() -> None:
    """A look that ended early does not hide its failure behind a hundred open checks."""
    judged = judge([criterion(id=f"X-{n}") for n in range(30)], EvidenceBundle(items=()), now=NOW)
    shown = terminal(report(rate(0.5), *judged))

    assert NOTHING_DELIVERED not in " ".join(shown.split())
    assert "X-0, X-1, X-2" in shown.partition("NOT LOOKED AT")[2]
    assert NOTHING_DELIVERED in " ".join(terminal(report(*judged)).split())


def test_a_figure_that_held_is_shown_beside_its_threshold() -> None:
    """In the terminal and on the page; a count of failed checks is no figure."""
    held = report(rate(0.995))
    (only,) = held.figures

    assert (only.criteria, only.value, only.demand, only.samples) == (
        ("LOD-ACHIEVED",),
        "99.5 %",
        "≥ 90 %",
        "1,033 requests",
    )
    assert report_of(good_verdict(), run_id="r").figures == ()
    for write in (terminal, markdown):
        assert "99.5 %" in write(held)
