"""Pages and reports that are made of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gates.adapters.machine.settings import from_root, reports_folder
from gates.composition.environment import Context

if TYPE_CHECKING:
    from gates.adapters.runs.allure_report import BuiltReport
    from gates.adapters.runs.run_folder import RunFolder


def open_run_folder(path: Path) -> RunFolder:
    """Return the folder of an earlier run.

    Raises:
        UsageError: there is no such run.
    """
    from gates.adapters.runs.run_folder import RunFolder
    from gates.reporting.redaction import Redactor

    return RunFolder.open(path, Redactor())


def allure_page(folder: Path) -> BuiltReport:
    """Build the Allure page of a run; its failure is said, and never changes a verdict."""
    from gates.adapters.runs.allure_report import PACKAGE, AllureReport

    page = AllureReport(package=from_root(PACKAGE), history=reports_folder() / "allure-history.jsonl")
    results, target = folder / "allure-results", folder / "allure-report"
    return page.build(results, target=target, title=f"release gate {folder.resolve().name}")


def profile_names() -> tuple[str, ...]:
    """Return the names of the load profiles.

    Raises:
        ConfigurationError: they cannot be read.
    """
    from gates.adapters.documents.load_profiles import profile_names

    return profile_names()


def generator_page(context: Context, folder: RunFolder, *, root: Path, port: int) -> int:
    """Serve the load generator's page, pointed at what is deployed now, and return its exit status."""
    from gates.adapters.producers.generator_page import open_page
    from gates.adapters.producers.targeting import make_target
    from gates.decision.candidates import find_release

    views = context.gate(folder, announce=lambda _event: None, seconds=0).views()
    place = context.environment.name
    found = find_release(
        views, context.platform.services, release_id=folder.run_id, environment=place, wanted={}
    )
    target = make_target(context.catalogue, context.environment, found.release, views, context.platform)
    return open_page(target, root=root, folder=folder.path, port=port)


def write_reports(folder: RunFolder) -> None:
    """Write everything that is made of the verdict of a run again."""
    from gates.reporting.report import report_of
    from gates.reporting.report_files import report_files

    verdict, decision, receipts = folder.read_verdict(), folder.read_decision(), folder.read_receipts()
    report = report_of(verdict, run_id=folder.run_id, decision=decision, receipts=receipts)
    folder.write_reports(report_files(report))
