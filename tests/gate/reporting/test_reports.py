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
from gates.reporting.terminal import WIDTH, terminal
from gates.reporting.verdict_document import VerdictDocument, verdict_document
from tests.support.drawing import examples
from tests.support.strategies import values

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def _allure(document: VerdictDocument) -> str:
    return json.dumps([file.content for file in allure_files(document)], ensure_ascii=False).replace(
        "\\n", " "
    )


REPORTS: dict[str, Callable[[VerdictDocument], str]] = {
    "allure": _allure,
    "junit": junit,
    "markdown": markdown,
    "terminal": terminal,
}


@settings(max_examples=examples(40))
@given(verdict=values(Verdict))
def test_reports_hold_nothing_that_deceives(verdict: Verdict) -> None:
    """Whatever the texts of a verdict are, no report has a control or reading-order character."""
    document = verdict_document(verdict, run_id="r")

    for name, report in REPORTS.items():
        assert not _UNSAFE.search(report(document)), name


@settings(max_examples=examples(40))
@given(verdict=values(Verdict))
def test_redacting_first_changes_no_form(verdict: Verdict) -> None:
    """A redacted verdict is a verdict with the same outcome, and every report can be made of it."""
    document = verdict_document(Redactor()(verdict), run_id="r")

    assert document.outcome is verdict.outcome
    for name, report in REPORTS.items():
        assert report(document), name


@settings(max_examples=examples(60))
@given(verdict=values(Verdict))
def test_junit_is_green_only_for_go(verdict: Verdict) -> None:
    """A CI system that knows JUnit alone never takes anything but GO for the verdict's pass."""
    root = ET.fromstring(junit(verdict_document(verdict, run_id="r")))  # noqa: S314 - our own text
    case = root.find("./testsuite[@name='verdict']/testcase")

    assert case is not None
    assert (len(case) == 0) == (verdict.outcome is VerdictOutcome.GO)
    assert len(root.findall("./testsuite/testcase")) == len(verdict.judgements) + 1


@settings(max_examples=examples(60))
@given(verdict=values(Verdict))
def test_allure_results_can_be_told_apart(verdict: Verdict) -> None:
    """No two results share a history id, a parameter or a file name: Allure would show them as one."""
    files = allure_files(verdict_document(verdict, run_id="r"))
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
    document = verdict_document(verdict, run_id="r")

    assert len(markdown(document).encode()) < LIMIT
    assert max(map(len, terminal(document).splitlines())) <= WIDTH
