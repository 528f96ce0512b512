"""What holds for every report alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

from hypothesis import given, settings

from gates.model.verdict import Verdict, VerdictOutcome
from gates.reporting.allure import allure_files
from gates.reporting.junit import junit
from gates.reporting.markdown import LIMIT, markdown
from gates.reporting.redaction import Redactor
from gates.reporting.report import VerdictReport, report_of
from gates.reporting.terminal import WIDTH, terminal
from tests.support.drawing import examples
from tests.support.strategies import values

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def _allure(report: VerdictReport) -> str:
    return json.dumps([file.content for file in allure_files(report)], ensure_ascii=False).replace("\\n", " ")


REPORTS: dict[str, Callable[[VerdictReport], str]] = {
    "allure": _allure,
    "junit": junit,
    "markdown": markdown,
    "terminal": terminal,
}


@settings(max_examples=examples(40))
@given(verdict=values(Verdict))
def test_reports_hold_nothing_that_deceives(verdict: Verdict) -> None:
    """Whatever the texts of a verdict are, no report has a control or reading-order character."""
    report = report_of(verdict, run_id="r")

    for name, write in REPORTS.items():
        assert not _UNSAFE.search(write(report)), name


@settings(max_examples=examples(40))
@given(verdict=values(Verdict))
def test_redacting_first_changes_no_form(verdict: Verdict) -> None:
    """A redacted verdict is a verdict with the same outcome, and every report can be made of it."""
    report = report_of(Redactor()(verdict), run_id="r")

    assert report.outcome is verdict.outcome
    for name, write in REPORTS.items():
        assert write(report), name


@settings(max_examples=examples(60))
@given(verdict=values(Verdict))
def test_junit_is_green_only_for_go(verdict: Verdict) -> None:
    """A CI system that knows JUnit alone never takes anything but GO for the verdict's pass."""
    root = ET.fromstring(junit(report_of(verdict, run_id="r")))  # noqa: S314 - our own text
    case = root.find("./testsuite[@name='verdict']/testcase")

    assert case is not None
    assert (len(case) == 0) == (verdict.outcome is VerdictOutcome.GO)
    assert len(root.findall("./testsuite/testcase")) == len(verdict.judgements) + 1


@settings(max_examples=examples(60))
@given(verdict=values(Verdict))
def test_allure_results_can_be_told_apart(verdict: Verdict) -> None:
    """No two results share a history id, a parameter or a file name: Allure would show them as one."""
    files = allure_files(report_of(verdict, run_id="r"))
    results = [file.content for file in files if isinstance(file.content, dict)]

    assert len(results) == len(verdict.judgements) + 1
    for key in ("historyId", "uuid", "parameters"):
        assert len({str(result[key]) for result in results}) == len(results)
    assert len({file.name for file in files}) == len(files)
    assert (results[0]["status"] == "passed") == (verdict.outcome is VerdictOutcome.GO)


@settings(max_examples=examples(40))
@given(verdict=values(Verdict))
def test_sizes_are_kept(verdict: Verdict) -> None:
    """Markdown stays below its limit and the terminal's text within its width."""
    report = report_of(verdict, run_id="r")

    assert len(markdown(report).encode()) < LIMIT
    assert max(map(len, terminal(report).splitlines())) <= WIDTH
