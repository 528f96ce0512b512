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
def test_reports_hold_nothing_that_deceives_and_keep_their_size(verdict: Verdict) -> None:
    """Whatever the texts are: no control or reading-order character, Markdown below its limit, 80 columns."""
    report = report_of(verdict, run_id="r")
    written = {name: write(report) for name, write in REPORTS.items()}

    assert [name for name, text in written.items() if _UNSAFE.search(text)] == []
    assert len(written["markdown"].encode()) < LIMIT
    assert max(map(len, written["terminal"].splitlines())) <= WIDTH


@settings(max_examples=examples(40))
@given(verdict=values(Verdict))
def test_redacting_first_changes_no_form(verdict: Verdict) -> None:
    """A redacted verdict is a verdict with the same outcome, and every report can be made of it."""
    report = report_of(Redactor()(verdict), run_id="r")

    assert report.outcome is verdict.outcome
    assert [name for name, write in REPORTS.items() if not write(report)] == []


@settings(max_examples=examples(60))
@given(verdict=values(Verdict))
def test_only_a_go_is_green_and_every_result_can_be_told_apart(verdict: Verdict) -> None:
    """In JUnit and in Allure, which shows results with one history id, parameter or file name as one."""
    report, is_go = report_of(verdict, run_id="r"), verdict.outcome is VerdictOutcome.GO
    root = ET.fromstring(junit(report))  # noqa: S314 - our own text
    case = root.find("./testsuite[@name='verdict']/testcase")
    assert case is not None
    assert (len(case) == 0) == is_go
    assert len(root.findall("./testsuite/testcase")) == len(verdict.judgements) + 1

    files = allure_files(report)
    results = [file.content for file in files if isinstance(file.content, dict)]
    assert (results[0]["status"] == "passed") == is_go
    assert len(results) == len(verdict.judgements) + 1
    for key in ("historyId", "uuid", "parameters"):
        assert len({str(result[key]) for result in results}) == len(results)
    assert len({file.name for file in files}) == len(files)
