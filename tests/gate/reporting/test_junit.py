"""JUnit says of each criterion and service how it came out."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from gates.reporting.junit import junit
from gates.reporting.report import report_of
from tests.support.sample_verdict import RUN_ID, bad_verdict, good_verdict

ROOT = ET.fromstring(junit(report_of(bad_verdict(), run_id=RUN_ID)))  # noqa: S314 - our own text


def _case(name: str) -> ET.Element:
    found = [case for case in ROOT.iter("testcase") if case.get("name") == name]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("name", "element", "message"),
    [
        ("SEC-LOGOUT@auth-service", "failure", "FAIL: POST /v1/introspect says active"),
        ("OPS-BACKUP@event-processor", "error", "INCONCLUSIVE: no evidence"),
        ("MON-ALERTS@decision-engine", "error", "ERROR: the Monitoring API"),
        (
            "SEC-HEADERS@frontend",
            "skipped",
            "WAIVED by security-lead@example.test (security-lead) until 2026-03-08 12:00 UTC: FAIL",
        ),
    ],
)
def test_each_outcome_has_its_element(name: str, element: str, message: str) -> None:
    """FAIL is a failure, no conclusion an error, a waiver a skip with who and until when."""
    said = [child for child in _case(name) if child.tag != "properties"]

    assert [child.tag for child in said] == [element]
    assert (said[0].get("message") or "").startswith(message)


def test_a_pass_says_nothing() -> None:
    """A passed testcase has properties only, the measured value among them."""
    case = _case("PRF-P95@frontend")
    properties = {found.get("name"): found.get("value") for found in case.iter("property")}

    assert [child.tag for child in case] == ["properties"]
    assert case.get("classname") == "gate.testing"
    assert properties["measured"] == "87.25 ms"
    assert properties["demanded"] == "< 300 ms"
    assert properties["owner"] == "operations-manager"


def test_the_counts_are_those_of_the_elements() -> None:
    """The attributes that CI systems read agree with what is there: the verdict fails too."""
    counts = {name: ROOT.get(name) for name in ("tests", "failures", "errors", "skipped")}

    assert counts == {"tests": "55", "failures": "5", "errors": "2", "skipped": "1"}


def test_go_has_no_trouble_at_all() -> None:
    """A GO is green through and through."""
    root = ET.fromstring(junit(report_of(good_verdict(), run_id=RUN_ID)))  # noqa: S314 - our own text

    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("10", "0", "0")
