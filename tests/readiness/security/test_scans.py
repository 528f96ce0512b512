"""SEC-01: a recent scan of exactly the candidate's image found no critical vulnerability."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gates.model.scan import ScanReport, ScanSeverity
from gates.model.target import ServiceTarget, Target
from journeys.checks import demand

_TOLERANCE = timedelta(minutes=2)


@pytest.mark.criterion("SEC-01")
def test_no_critical_vulnerability(
    service: ServiceTarget, target: Target, scans: tuple[ScanReport, ...]
) -> None:
    """Every scan of this image counts: one scanner's finding is not taken back by another's silence."""
    broken = [report for report in scans if report.flaw]
    demand(not broken, "; ".join(f"{r.file}: {r.flaw}" for r in broken), blames=service.name)
    about = [(report, report.at) for report in scans if service.digest in report.digests]
    dated = sorted(((at, report.file, report) for report, at in about if at is not None), reverse=True)
    demand(dated, f"no scan of the image {service.digest[:19]}… is on record", blames=service.name)
    newest = dated[0][0]
    age, oldest = datetime.now(UTC) - newest, timedelta(seconds=target.demand("SEC-01").max_age_s)
    demand(
        -_TOLERANCE <= age <= oldest, f"the newest scan is of {newest:%Y-%m-%d %H:%M}", blames=service.name
    )
    latest = {report.tool: report for _, _, report in reversed(dated)}
    critical = sorted(
        {
            finding.name
            for report in latest.values()
            for finding in report.findings
            if finding.severity is ScanSeverity.CRITICAL
        }
    )
    demand(not critical, f"critical vulnerabilities: {', '.join(critical)}", blames=service.name)
