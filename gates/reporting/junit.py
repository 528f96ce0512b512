"""`junit.xml`: one testcase per criterion and service, and one for the verdict itself.

The verdict has its own testcase because a reader of JUnit alone must not see green when the scope was partial
or the evidence flawed: only a GO passes it. INCONCLUSIVE and ERROR are `<error>`, a waived entry is
`<skipped>` with who and until when.
"""

from __future__ import annotations

from itertools import groupby
from xml.etree import ElementTree as ET

from gates.model.judgement import Outcome
from gates.model.verdict import VerdictOutcome
from gates.model.wording import demanded
from gates.reporting.finding import finding
from gates.reporting.ordering import by_urgency
from gates.reporting.phrasing import measured, waived_by
from gates.reporting.redaction import clean, one_line
from gates.reporting.verdict_document import Entry, VerdictDocument

_ELEMENT = {
    Outcome.FAIL: "failure",
    Outcome.INCONCLUSIVE: "error",
    Outcome.ERROR: "error",
    VerdictOutcome.NO_GO: "failure",
    VerdictOutcome.INCONCLUSIVE: "error",
}


def junit(document: VerdictDocument) -> str:
    """Return the JUnit XML text of a verdict."""
    root = ET.Element("testsuites", name="release-gate")
    _verdict_suite(root, document)
    entries = sorted(by_urgency(document), key=lambda entry: document.criterion(entry).category)
    for category, group in groupby(entries, key=lambda entry: document.criterion(entry).category):
        suite = _suite(root, category, document)
        for entry in group:
            _case(suite, document, entry)
    for suite in root:
        _count(suite)
    _count(root)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _suite(root: ET.Element, name: str, document: VerdictDocument) -> ET.Element:
    stamp = document.judged_at.isoformat()
    return ET.SubElement(
        root, "testsuite", name=clean(name), timestamp=stamp, hostname=clean(document.run_id)
    )


def _verdict_suite(root: ET.Element, document: VerdictDocument) -> None:
    suite = _suite(root, "verdict", document)
    name = f"{document.release.id} at stage {document.scope.stage}"
    case = ET.SubElement(suite, "testcase", classname="gate.verdict", name=one_line(name), time="0")
    if document.outcome is not VerdictOutcome.GO:
        text = "\n".join(document.reasons)
        _say(case, _ELEMENT[document.outcome], f"{document.outcome}: {document.reasons[0]}", text)


def _case(suite: ET.Element, document: VerdictDocument, entry: Entry) -> None:
    criterion = document.criterion(entry)
    name = one_line(entry.key)
    case = ET.SubElement(
        suite, "testcase", classname=f"gate.{clean(criterion.category)}", name=name, time="0"
    )
    properties = ET.SubElement(case, "properties")
    facts = {
        "criterion": criterion.id,
        "service": entry.service,
        "owner": criterion.owner,
        "severity": criterion.severity.value,
        "blocking": str(entry.is_blocking).lower(),
        "demanded": demanded(criterion),
        "measured": measured(entry.measured),
        "samples": str(entry.samples),
    }
    for key, value in facts.items():
        ET.SubElement(properties, "property", name=key, value=clean(value))
    if entry.waiver is not None and entry.is_waived:
        message = one_line(f"WAIVED {waived_by(entry.waiver)}: {entry.outcome}")
        ET.SubElement(case, "skipped", message=message).text = clean(entry.waiver.reason)
    elif entry.outcome is not Outcome.PASS:
        _say(case, _ELEMENT[entry.outcome], f"{entry.outcome}: {entry.reason}", _details(document, entry))


def _details(document: VerdictDocument, entry: Entry) -> str:
    criterion = document.criterion(entry)
    more = (
        f"{item.producer}: {item.reason}"
        for item in entry.evidence
        if item.reason and item.reason not in entry.reason
    )
    return "\n".join([criterion.statement, *finding(document, entry).lines, *more])


def _say(case: ET.Element, element: str, message: str, text: str) -> None:
    kind = message.split(":", 1)[0]
    ET.SubElement(case, element, message=one_line(message), type=kind).text = clean(text)


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite.findall(".//testcase"))))
    suite.set("failures", str(len(suite.findall(".//failure"))))
    suite.set("errors", str(len(suite.findall(".//error"))))
    suite.set("skipped", str(len(suite.findall(".//skipped"))))
