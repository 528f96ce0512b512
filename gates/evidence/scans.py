"""Reports of vulnerability scanners: Trivy's JSON, Grype's JSON, and SARIF 2.1.0.

Sources: https://trivy.dev/latest/docs/configuration/reporting, https://github.com/anchore/grype,
https://docs.oasis-open.org/sarif/sarif/v2.1.0 with GitHub's `security-severity` (CVSS, 9.0 up is critical).
What is not understood is a flaw: an unknown severity may be a critical one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gates.model.scan import ScanFinding, ScanReport, ScanSeverity

_WORDS = {
    "critical": ScanSeverity.CRITICAL,
    "high": ScanSeverity.HIGH,
    "medium": ScanSeverity.MEDIUM,
    "low": ScanSeverity.LOW,
    "negligible": ScanSeverity.NONE,
    "unknown": ScanSeverity.HIGH,  # not rated yet: neither nothing nor known to be critical
}
_SCORES = (
    (9.0, ScanSeverity.CRITICAL),
    (7.0, ScanSeverity.HIGH),
    (4.0, ScanSeverity.MEDIUM),
    (0.1, ScanSeverity.LOW),
)
_LEVELS = {"error": ScanSeverity.CRITICAL, "warning": ScanSeverity.MEDIUM, "note": ScanSeverity.LOW}
_PACKAGES = ("os-pkgs", "lang-pkgs")
"""Classes of Trivy's results that are about vulnerable packages; others are about secrets, licences."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FRACTION = re.compile(r"(\.\d{6})\d+")


def parse(text: str, *, file: str) -> ScanReport:
    """Return the report in a text; what cannot be read comes back as a report with a flaw."""
    try:
        document = json.loads(text)
        if "runs" in document:
            return _sarif(document, file)
        if "matches" in document:
            return _grype(document, file)
        if "SchemaVersion" in document:
            return _trivy(document, file)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return ScanReport(file=file, flaw=f"cannot be read: {type(error).__name__}: {error}")
    return ScanReport(file=file, flaw="no form of scanner report that is known")


def _trivy(document: dict[str, Any], file: str) -> ScanReport:
    metadata = document["Metadata"]
    if not any(result.get("Class") in _PACKAGES for result in document["Results"]):
        raise ValueError("no packages were looked at")
    found = [
        ScanFinding(name=str(one["VulnerabilityID"]), severity=_WORDS[str(one["Severity"]).lower()])
        for result in document["Results"]
        for one in result.get("Vulnerabilities") or ()
    ]
    return ScanReport(
        file=file,
        tool="trivy",
        digests=_digests(metadata.get("RepoDigests")),
        at=_time(document["CreatedAt"]),
        findings=tuple(found),
    )


def _grype(document: dict[str, Any], file: str) -> ScanReport:
    source = document["source"]["target"]
    found = [
        ScanFinding(
            name=str(one["vulnerability"]["id"]),
            severity=_WORDS[str(one["vulnerability"]["severity"]).lower()],
        )
        for one in document["matches"]
    ]
    return ScanReport(
        file=file,
        tool="grype",
        digests=_digests([*(source.get("repoDigests") or ()), source.get("manifestDigest")]),
        at=_time(document["descriptor"]["timestamp"]),
        findings=tuple(found),
    )


def _sarif(document: dict[str, Any], file: str) -> ScanReport:
    (run,) = document["runs"]
    if not run["invocations"] or not all(one["executionSuccessful"] is True for one in run["invocations"]):
        raise ValueError("the scanner did not come to its end")
    driver = run["tool"]["driver"]
    rules = {rule["id"]: rule for rule in driver.get("rules", ())}
    return ScanReport(
        file=file,
        tool=str(driver["name"]).lower(),
        digests=_digests(run["properties"]["repoDigests"]),
        at=_time(run["invocations"][0]["endTimeUtc"]),
        findings=tuple(_sarif_findings(run["results"], rules)),
    )


def _sarif_findings(results: list[dict[str, Any]], rules: dict[str, Any]) -> Iterator[ScanFinding]:
    """Rate by the rule's score; without one by the result's level, else by the rule's (SARIF 3.27.10)."""
    for result in results:
        name = str(result["ruleId"])
        rule = rules.get(name, {})
        score = rule.get("properties", {}).get("security-severity")
        if score is None:
            usual = rule.get("defaultConfiguration", {}).get("level", "warning")
            yield ScanFinding(name=name, severity=_LEVELS[result.get("level", usual)])
            continue
        if not math.isfinite(float(score)):
            raise ValueError(f"{name} has the score {score}")
        rated = next((word for least, word in _SCORES if float(score) >= least), ScanSeverity.NONE)
        yield ScanFinding(name=name, severity=rated)


def _digests(references: Any) -> tuple[str, ...]:
    found = [_DIGEST.findall(str(reference)) for reference in references or ()]
    return tuple(dict.fromkeys(digest for digests in found for digest in digests))


def _time(text: Any) -> datetime:
    at = datetime.fromisoformat(_FRACTION.sub(r"\1", str(text)))  # scanners write nanoseconds
    if at.tzinfo is None:
        raise ValueError("the time of the scan has no zone")
    return at
