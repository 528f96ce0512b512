"""The files that every run leaves behind for readers and tools, made from one report."""

from __future__ import annotations

from collections.abc import Iterator

from gates.reporting.allure import allure_files
from gates.reporting.junit import junit
from gates.reporting.markdown import markdown
from gates.reporting.report import ReportFile, VerdictReport
from gates.reporting.sarif import sarif


def report_files(report: VerdictReport) -> Iterator[ReportFile]:
    """Yield JUnit, SARIF, Markdown and Allure's results."""
    yield ReportFile(name="junit.xml", content=junit(report))
    yield ReportFile(name="security.sarif", content=sarif(report))
    yield ReportFile(name="summary.md", content=markdown(report))
    yield from allure_files(report)
