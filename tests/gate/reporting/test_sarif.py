"""SARIF says which security and contract criteria failed, and never that silence is a pass."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gates.model.judgement import Outcome
from gates.model.verdict import Verdict
from gates.reporting.report import report_of
from gates.reporting.sarif import CATEGORIES, sarif
from tests.support.sample_verdict import RUN_ID, bad_verdict, good_verdict

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
LOCATIONS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["physicalLocation"],
        "additionalProperties": False,
        "properties": {
            "physicalLocation": {
                "type": "object",
                "required": ["artifactLocation", "region"],
                "additionalProperties": False,
                "properties": {
                    "artifactLocation": {
                        "type": "object",
                        "required": ["uri"],
                        "additionalProperties": False,
                        "properties": {
                            # relative: code scanning looks for it in the checkout
                            "uri": {"type": "string", "pattern": r"^[A-Za-z0-9._~%-][A-Za-z0-9._~%/-]*$"},
                            "uriBaseId": {"type": "string"},
                        },
                    },
                    "region": {
                        "type": "object",
                        "required": ["startLine"],
                        "additionalProperties": False,
                        "properties": {"startLine": {"type": "integer", "minimum": 1}},
                    },
                },
            },
            "logicalLocations": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"name": {"type": "string"}, "kind": {"type": "string"}},
                },
            },
        },
    },
}
"""GitHub's code scanning refuses a whole file when one result has no physical location."""

SUBSET: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "tool": {
                        "properties": {
                            "driver": {
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id"],
                                            "properties": {
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "defaultConfiguration": {"properties": {"level": LEVEL}},
                                            },
                                        },
                                    }
                                },
                            }
                        }
                    },
                    "invocations": {"items": {"required": ["executionSuccessful"]}},
                    "results": {
                        "items": {
                            "required": ["message", "locations", "ruleId"],
                            "properties": {
                                "message": TEXT,
                                "level": LEVEL,
                                "locations": LOCATIONS,
                                "suppressions": {
                                    "items": {
                                        "required": ["kind"],
                                        "properties": {"kind": {"enum": ["inSource", "external"]}},
                                    }
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}
"""What the OASIS schema of SARIF 2.1.0 demands of the parts that are written."""


def run_of(verdict: Verdict) -> dict[str, Any]:
    """Return the one run of a verdict's SARIF, after holding it against the schema."""
    whole = json.loads(sarif(report_of(verdict, run_id=RUN_ID)))
    Draft202012Validator(SUBSET).validate(whole)
    (run,) = whole["runs"]
    return dict(run)


def changed(verdict: Verdict, **of_criterion: Any) -> Verdict:
    """Return a verdict whose criteria are changed so."""
    return replace(
        verdict,
        judgements=tuple(
            replace(one, criterion=replace(one.criterion, **of_criterion)) for one in verdict.judgements
        ),
    )


BAD = bad_verdict()
GOOD = changed(good_verdict(), category="security")


def test_each_failed_criterion_is_a_result_of_its_rule() -> None:
    """With the service that is to blame, and a fingerprint that stays the same from run to run."""
    run = run_of(BAD)
    failed = [one for one in BAD.judgements if one.outcome is Outcome.FAIL]
    wanted = {one.key for one in failed if one.criterion.category in CATEGORIES}

    assert {result["partialFingerprints"]["criterionAndService/v1"] for result in run["results"]} == wanted
    assert wanted
    assert {result["ruleId"] for result in run["results"]} <= {
        r["id"] for r in run["tool"]["driver"]["rules"]
    }


def test_a_waived_failure_is_suppressed_with_its_reason() -> None:
    """It stays visible, and no longer alarms."""
    waived = [result for result in run_of(BAD)["results"] if result["suppressions"]]

    assert [result["ruleId"] for result in waived] == ["SEC-HEADERS"]
    assert waived[0]["suppressions"][0]["justification"]


def test_a_good_verdict_has_no_result() -> None:
    """And says that everything was looked at."""
    run = run_of(GOOD)

    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True}]


@pytest.mark.parametrize("outcome", [Outcome.INCONCLUSIVE, Outcome.ERROR])
def test_what_was_not_concluded_is_no_success(outcome: Outcome) -> None:
    """A reader of SARIF alone must not take silence for a pass."""
    first, *rest = GOOD.judgements
    open_one = replace(GOOD, judgements=(replace(first, outcome=outcome), *rest))

    assert run_of(open_one)["invocations"] == [{"executionSuccessful": False}]


def test_nothing_looked_at_is_no_success() -> None:
    """Neither a verdict without a security criterion nor one whose channel had a flaw."""
    other = changed(GOOD, category="infrastructure")

    assert run_of(other)["invocations"] == [{"executionSuccessful": False}]
    assert run_of(replace(GOOD, flaws=("cut",)))["invocations"] == [{"executionSuccessful": False}]


def test_a_result_stands_at_the_line_that_demands_it_beside_who_is_to_blame() -> None:
    """A reader opens the document at its criterion, and sees the services next to it."""
    criteria = {one.criterion.id: one.criterion for one in BAD.judgements}
    for result in run_of(BAD)["results"]:
        demanded = criteria[result["ruleId"]]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"] == demanded.document
        assert place["region"]["startLine"] == demanded.line
        assert location["logicalLocations"]


@pytest.mark.parametrize(
    ("document", "uri"),
    [("", "criteria/security.yaml"), ("criteria/für alle.yaml", "criteria/f%C3%BCr%20alle.yaml")],
)
def test_a_verdict_without_places_still_has_one_for_every_result(document: str, uri: str) -> None:
    """Verdicts of an older gate, and documents whose names no URI can hold as they are."""
    results = run_of(changed(BAD, document=document, line=0))["results"]

    assert results
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == uri
        assert place["region"]["startLine"] == 1
