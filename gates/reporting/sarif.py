"""`security.sarif`: what failed in security, authentication and contract, as SARIF 2.1.0 for code scanning.

A criterion is a rule. The location of a result is the line of the document that demands it, because code
scanning refuses results without a location; the blamed services are logical locations. If a check has no
conclusion, the invocation is unsuccessful: an empty list of results must not look like a pass. A waived
failure is suppressed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from gates.model.criterion import Criterion, Severity
from gates.model.judgement import Outcome
from gates.reporting.finding import Finding
from gates.reporting.redaction import clean
from gates.reporting.report import VerdictReport

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
CATEGORIES = ("security", "authentication", "contract")
_LEVELS = {Severity.BLOCKER: "error", Severity.CRITICAL: "error", Severity.NORMAL: "warning"}


def sarif(report: VerdictReport) -> str:
    """Return the SARIF text of a verdict."""
    verdict = report.verdict
    judged = [one for one in verdict.judgements if one.criterion.category in CATEGORIES]
    criteria = {one.criterion.id: one.criterion for one in judged}
    failed = [one for one in report.findings if one.judgement.outcome is Outcome.FAIL]
    is_complete = not verdict.flaws and all(one.outcome in (Outcome.PASS, Outcome.FAIL) for one in judged)
    run = {
        "tool": {"driver": {"name": "release-gate", "rules": [_rule(one) for one in criteria.values()]}},
        "automationDetails": {"id": clean(f"{verdict.scope.stage}/{report.run_id}")},
        "invocations": [{"executionSuccessful": is_complete and bool(judged)}],
        "results": [_result(one) for one in failed if one.judgement.criterion.id in criteria],
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
    """Return the criterion's document and line; in a verdict of an older gate its category's document."""
    document = criterion.document or f"criteria/{criterion.category}.yaml"
    return {
        "artifactLocation": {"uri": quote(document), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": max(criterion.line, 1)},
    }


def _result(found: Finding) -> Mapping[str, Any]:
    judgement, criterion = found.judgement, found.judgement.criterion
    waiver = judgement.waiver if found.is_waived else None
    suppressed = [] if waiver is None else [{"kind": "external", "justification": clean(waiver.reason)}]
    return {
        "ruleId": criterion.id,
        "level": _LEVELS.get(criterion.severity, "note"),
        "message": {"text": clean(f"{judgement.service}: {'; '.join(found.lines)}")},
        "locations": [
            {
                "physicalLocation": _demanded_at(criterion),
                "logicalLocations": [
                    {"name": clean(name), "kind": "resource"}
                    for name in judgement.blames or (judgement.service,)
                ],
            }
        ],
        "partialFingerprints": {"criterionAndService/v1": found.key},
        "suppressions": suppressed,
    }
