"""The runbooks of the platform, and the reports of those that were followed."""

from __future__ import annotations

import os
from pathlib import Path

from gates.adapters.machine.settings import platform_folder, reports_folder
from gates.model.exit_code import ExitCode
from gates.model.platform import Platform
from gates.model.runbook import Runbook, RunbookReport


def platform() -> Platform:
    """Return the platform's documents as a value; no environment is needed."""
    from gates.adapters.documents.documents import load_platform

    return load_platform(platform_folder())


def runbooks() -> list[Runbook]:
    """Return all runbooks of the platform."""
    from gates.adapters.documents.runbook_document import load_runbook, runbook_names

    folder, known = platform_folder(), platform()
    return [load_runbook(folder, name, known) for name in runbook_names(folder)]


def runbook(name: str) -> Runbook:
    """Return one runbook.

    Raises:
        UsageError: there is none of this name.
    """
    from gates.adapters.documents.runbook_document import load_runbook

    return load_runbook(platform_folder(), name, platform())


def write_report(report: RunbookReport, code: ExitCode) -> Path:
    """Write the report of a run as Markdown, and return where."""
    from gates.reporting.runbook import markdown

    folder = reports_folder() / "runbooks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{report.runbook.name}-{report.began_at:%Y%m%dT%H%M%S}-{os.getpid()}.md"
    path.write_text(markdown(report, code), encoding="utf-8")
    return path
