"""Scanner reports in three forms; what is not understood is a flaw, never a clean image."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gates.evidence.scans import parse
from gates.model.scan import ScanSeverity

DIGEST = "sha256:" + "a" * 64
AT = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)

TRIVY: dict[str, Any] = {
    "SchemaVersion": 2,
    "CreatedAt": "2026-03-01T09:30:00.123456789Z",
    "Metadata": {"RepoDigests": [f"host/image@{DIGEST}"]},
    "Results": [
        {"Class": "os-pkgs", "Vulnerabilities": [{"VulnerabilityID": "CVE-1", "Severity": "CRITICAL"}]},
        {"Target": "none"},
    ],
}
GRYPE: dict[str, Any] = {
    "matches": [{"vulnerability": {"id": "CVE-1", "severity": "Critical"}}],
    "source": {"target": {"repoDigests": [f"host/image@{DIGEST}"], "manifestDigest": DIGEST}},
    "descriptor": {"name": "grype", "timestamp": "2026-03-01T10:30:00.123456+01:00"},
}
SARIF: dict[str, Any] = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": "Trivy",
                    "rules": [{"id": "CVE-1", "properties": {"security-severity": "9.8"}}],
                }
            },
            "results": [{"ruleId": "CVE-1", "level": "error"}],
            "invocations": [{"executionSuccessful": True, "endTimeUtc": "2026-03-01T09:30:00.123456Z"}],
            "properties": {"repoDigests": [f"host/image@{DIGEST}"]},
        }
    ],
}


@pytest.mark.parametrize("document", [TRIVY, GRYPE, SARIF], ids=["trivy", "grype", "sarif"])
def test_every_form_says_image_time_and_findings(document: dict[str, Any]) -> None:
    """The same image, moment and critical finding in all three."""
    report = parse(json.dumps(document), file="f")
    assert (report.flaw, report.digests, report.at) == ("", (DIGEST,), AT)
    assert [(one.name, one.severity) for one in report.findings] == [("CVE-1", ScanSeverity.CRITICAL)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "not json",
        json.dumps({**TRIVY, "Results": None}),
        json.dumps({**TRIVY, "CreatedAt": "2026-03-01T09:30:00"}),
        json.dumps(
            {**TRIVY, "Results": [{"Vulnerabilities": [{"VulnerabilityID": "x", "Severity": "AWFUL"}]}]}
        ),
        json.dumps({**GRYPE, "descriptor": {}}),
        json.dumps({**SARIF, "runs": []}),
        json.dumps(TRIVY)[:-9],
    ],
)
def test_what_is_not_understood_is_a_flaw(text: str) -> None:
    """Empty, cut, without a time or zone, with a severity that nobody knows."""
    assert parse(text, file="f").flaw


def test_a_sarif_error_without_a_score_counts_as_critical() -> None:
    """Nobody rated it, so nobody may call it harmless."""
    run = SARIF["runs"][0]
    bare = {**run, "tool": {"driver": {"name": "other"}}}
    report = parse(json.dumps({**SARIF, "runs": [bare]}), file="f")
    assert report.findings[0].severity is ScanSeverity.CRITICAL


def _sarif(*, rule: dict[str, Any], succeeded: bool = True) -> str:
    run = SARIF["runs"][0]
    driver = {"name": "Trivy", "rules": [{"id": "CVE-1", **rule}]}
    invocation = {**run["invocations"][0], "executionSuccessful": succeeded}
    changed = {
        **run,
        "tool": {"driver": driver},
        "invocations": [invocation],
        "results": [{"ruleId": "CVE-1"}],
    }
    return json.dumps({**SARIF, "runs": [changed]})


@pytest.mark.parametrize(
    "text",
    [
        _sarif(rule={}, succeeded=False),
        _sarif(rule={"properties": {"security-severity": "NaN"}}),
        json.dumps({**SARIF, "runs": [{**SARIF["runs"][0], "invocations": []}]}),
        json.dumps({**TRIVY, "Results": []}),
        json.dumps({**TRIVY, "Results": [{"Class": "secret"}]}),
    ],
    ids=["crashed", "no score", "never run", "nothing", "secrets alone"],
)
def test_a_scanner_that_did_not_look_at_packages_to_the_end_is_a_flaw(text: str) -> None:
    """A crash, a score that is none, no result, or results about something else: never a clean image."""
    assert parse(text, file="f").flaw


def test_a_finding_without_a_level_has_that_of_its_rule() -> None:
    """SARIF 2.1.0, 3.27.10."""
    (found,) = parse(_sarif(rule={"defaultConfiguration": {"level": "error"}}), file="f").findings
    assert found.severity is ScanSeverity.CRITICAL
