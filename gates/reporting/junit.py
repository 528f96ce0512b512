"""`junit.xml`: one testcase per criterion and service, and one for the verdict itself.

The verdict has its own testcase because a reader of JUnit alone must not see green when the scope was partial
or the evidence flawed: only a GO passes it. INCONCLUSIVE and ERROR are `<error>`, a waived judgement is
`<skipped>` with who and until when.
"""

from __future__ import annotations

from itertools import groupby
from xml.etree import ElementTree as ET

from gates.model.judgement import Outcome
from gates.model.verdict import VerdictOutcome
from gates.reporting.finding import Finding
from gates.reporting.redaction import clean, one_line
from gates.reporting.report import VerdictReport

_ELEMENT = {
    Outcome.FAIL: "failure",
    Outcome.INCONCLUSIVE: "error",
    Outcome.ERROR: "error",
    VerdictOutcome.NO_GO: "failure",
    VerdictOutcome.INCONCLUSIVE: "error",
}


def junit(report: VerdictReport) -> str:
    """Return the JUnit XML text of a verdict."""
    root = ET.Element("testsuites", name="release-gate")
    _verdict_suite(root, report)
    findings = sorted(report.findings, key=_category)
    for category, group in groupby(findings, key=_category):
        suite = _suite(root, category, report)
        for found in group:
            _case(suite, found)
    for suite in root:
        _count(suite)
    _count(root)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _category(found: Finding) -> str:
    return found.judgement.criterion.category


def _suite(root: ET.Element, name: str, report: VerdictReport) -> ET.Element:
    stamp = report.verdict.judged_at.isoformat()
    return ET.SubElement(root, "testsuite", name=clean(name), timestamp=stamp, hostname=clean(report.run_id))


def _verdict_suite(root: ET.Element, report: VerdictReport) -> None:
    suite = _suite(root, "verdict", report)
    name = f"{report.verdict.release.id} at stage {report.verdict.scope.stage}"
    case = ET.SubElement(suite, "testcase", classname="gate.verdict", name=one_line(name), time="0")
    if report.outcome is not VerdictOutcome.GO:
        text = "\n".join(report.reasons)
        _say(case, _ELEMENT[report.outcome], f"{report.outcome}: {report.reasons[0]}", text)


def _case(suite: ET.Element, found: Finding) -> None:
    judgement = found.judgement
    criterion = judgement.criterion
    name = one_line(found.key)
    case = ET.SubElement(
        suite, "testcase", classname=f"gate.{clean(criterion.category)}", name=name, time="0"
    )
    properties = ET.SubElement(case, "properties")
    facts = {
        "criterion": criterion.id,
        "service": judgement.service,
        "owner": criterion.owner,
        "severity": criterion.severity.value,
        "blocking": str(found.is_blocking).lower(),
        "demanded": found.demanded,
        "measured": found.measured,
        "samples": str(judgement.samples),
    }
    for key, value in facts.items():
        ET.SubElement(properties, "property", name=key, value=clean(value))
    outcome, waiver = judgement.outcome, judgement.waiver
    if waiver is not None and found.is_waived:
        message = one_line(f"WAIVED {found.waived}: {outcome}")
        ET.SubElement(case, "skipped", message=message).text = clean(waiver.reason)
    elif outcome is not Outcome.PASS:
        _say(case, _ELEMENT[outcome], f"{outcome}: {judgement.reason}", _details(found))


def _details(found: Finding) -> str:
    judgement = found.judgement
    more = (
        f"{item.producer}: {item.reason}"
        for item in judgement.evidence
        if item.reason and item.reason not in judgement.reason
    )
    return "\n".join([judgement.criterion.statement, *found.lines, *more])


def _say(case: ET.Element, element: str, message: str, text: str) -> None:
    kind = message.split(":", 1)[0]
    ET.SubElement(case, element, message=one_line(message), type=kind).text = clean(text)


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite.findall(".//testcase"))))
    suite.set("failures", str(len(suite.findall(".//failure"))))
    suite.set("errors", str(len(suite.findall(".//error"))))
    suite.set("skipped", str(len(suite.findall(".//skipped"))))
