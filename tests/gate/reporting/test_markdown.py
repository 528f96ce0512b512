"""The summary is short, says the worst first, and cannot be forged from outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.model.verdict import Verdict
from gates.reporting.markdown import LIMIT, escaped, markdown
from gates.reporting.report import report_of
from tests.support.sample_verdict import (
    LOGOUT,
    RUN_ID,
    bad_verdict,
    decision,
    failed,
    good_verdict,
    receipt,
)


def _summary(verdict: Verdict) -> str:
    return markdown(report_of(verdict, run_id=RUN_ID, decision=decision(), receipts=(receipt(),)))


def test_the_worst_stands_first() -> None:
    """Verdict, causes, effects, what is open, what is waived, what happens next: in this order."""
    summary = _summary(bad_verdict())
    marks = (
        "## NO_GO",
        "54 checks: 4 failed",
        "### Failed\n",
        "| auth-service | POST /v1/introspect says active after logging out | operations-manager |",
        "| nlp-assistant | measured 412.5 ms over 1,240 requests, demanded &#60; 300 ms",
        "### Failed as a consequence",
        "follows from SEC-LOGOUT",
        "### No conclusion",
        "### Waived",
        "### Measured, and held",
        "| PRF-P95 | frontend, api-gateway,",
        "### Services",
        "### What happens next",
        "### What was done",
    )
    places = [summary.index(mark) for mark in marks]

    assert places == sorted(places)


def test_go_has_no_empty_parts() -> None:
    """Where nothing failed nothing is said of failures."""
    summary = markdown(report_of(good_verdict(), run_id=RUN_ID))

    assert summary.startswith("## GO\n")
    assert "Failed" not in summary
    assert "No conclusion" not in summary
    assert "the release may go" in summary


@pytest.mark.parametrize(
    "text",
    [
        "| forged | row |",
        "[x](javascript:alert(1))",
        "<script>alert(1)</script>",
        "`code` **bold** _it_ ~~no~~ # head",
        "@everyone #12 www.example.test https://example.test",
        "::error::pwn\n::set-output name=x::y",
        "&lt;b&gt;",
    ],
)
def test_outside_text_is_shown_as_it_is(text: str) -> None:
    """No row, link, mention, command or entity can be forged."""
    shown = escaped(text)

    assert not set("|[]<>`*_~@:\n") & set(shown)
    assert "www." not in shown
    assert "&lt;" not in shown


def test_a_thousand_failures_stay_below_the_limit() -> None:
    """Rows that do not fit are counted, and the parts after them are still there."""
    judgements = tuple(failed(LOGOUT, f"service-{n}", 1, "\U0001f4a5" * 400) for n in range(1000))
    summary = _summary(replace(bad_verdict(), judgements=judgements))

    assert len(summary.encode()) < LIMIT
    assert " more, see verdict.json |" in summary
    assert "### What happens next" in summary


def test_a_thousand_categories_stay_below_the_limit() -> None:
    """Not even the head of a table breaks the limit."""
    demands = [replace(LOGOUT, id=f"C-{n}", category="|" * 200 + str(n)) for n in range(1000)]
    judgements = tuple(failed(demand, "auth-service", 1, "no") for demand in demands)
    summary = _summary(replace(bad_verdict(), judgements=judgements))

    assert len(summary.encode()) < LIMIT
    assert summary.endswith("cut here: verdict.json has all of it\n")
