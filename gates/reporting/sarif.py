"""`security.sarif`: what failed in security, authentication and contract, as SARIF 2.1.0 for code scanning.

A criterion is a rule. A result stands at the line of the document that demands it, because code scanning
takes no file whose results stand nowhere; the services that are to blame are logical locations beside it.
What was not concluded is no result and makes the invocation unsuccessful, so that a reader never takes
silence for a pass; a waived failure is suppressed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from gates.model.criterion import Criterion, Severity
from gates.model.judgement import Outcome
from gates.reporting.finding import finding
from gates.reporting.redaction import clean
from gates.reporting.verdict_document import Entry, VerdictDocument

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
CATEGORIES = ("security", "authentication", "contract")
_LEVELS = {Severity.BLOCKER: "error", Severity.CRITICAL: "error", Severity.NORMAL: "warning"}


def sarif(document: VerdictDocument) -> str:
    """Return the SARIF text of a verdict."""
    criteria = {one.id: one for one in document.criteria if one.category in CATEGORIES}
    entries = [entry for entry in document.judgements if entry.criterion in criteria]
    failed = [entry for entry in entries if entry.outcome is Outcome.FAIL]
    is_complete = not document.flaws and all(e.outcome in (Outcome.PASS, Outcome.FAIL) for e in entries)
    run = {
        "tool": {"driver": {"name": "release-gate", "rules": [_rule(one) for one in criteria.values()]}},
        "automationDetails": {"id": clean(f"{document.scope.stage}/{document.run_id}")},
        "invocations": [{"executionSuccessful": is_complete and bool(entries)}],
        "results": [_result(document, entry, criteria[entry.criterion]) for entry in failed],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(criterion: Criterion) -> Mapping[str, Any]:
    return {
        "id": criterion.id,
        "shortDescription": {"text": clean(criterion.statement)},
        "fullDescription": {"text": clean(criterion.rationale or criterion.statement)},
        "defaultConfiguration": {"level": _LEVELS.get(criterion.severity, "note")},
        "properties": {
            "tags": [criterion.category],
            "source": clean(f"{criterion.source.anchor}/{criterion.source.item}"),
        },
    }


def _demanded_at(criterion: Criterion) -> Mapping[str, Any]:
    """Return the criterion's document and line; a verdict of an older gate knows the category alone."""
    document = criterion.document or f"criteria/{criterion.category}.yaml"
    return {
        "artifactLocation": {"uri": quote(document), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": max(criterion.line, 1)},
    }


def _result(document: VerdictDocument, entry: Entry, criterion: Criterion) -> Mapping[str, Any]:
    waiver = entry.waiver if entry.is_waived else None
    suppressed = [] if waiver is None else [{"kind": "external", "justification": clean(waiver.reason)}]
    return {
        "ruleId": criterion.id,
        "level": _LEVELS.get(criterion.severity, "note"),
        "message": {"text": clean(f"{entry.service}: {finding(document, entry).text}")},
        "locations": [
            {
                "physicalLocation": _demanded_at(criterion),
                "logicalLocations": [
                    {"name": clean(name), "kind": "resource"} for name in entry.blames or (entry.service,)
                ],
            }
        ],
        "partialFingerprints": {"criterionAndService/v1": entry.key},
        "suppressions": suppressed,
    }
