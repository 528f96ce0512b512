"""What producers may read: earlier runs, scan reports, and the platform's own documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gates.adapters.ledger.ledger_history import past_runs
from gates.adapters.machine import settings
from gates.adapters.machine.settings import from_root, ledger_path, platform_folder
from gates.adapters.producers import leftovers, targeting
from gates.adapters.producers.pytest_target import platform_of
from gates.evidence import scans as scan_reports
from gates.model.contract import AcceptedFinding
from gates.model.documentation import Documentation
from gates.model.drill import DrillRecord
from gates.model.history import PastRun
from gates.model.platform import Environment, Platform, Tier
from gates.model.scan import ScanReport
from gates.model.target import Target

_LARGEST = 64 * 2**20


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Callable[[], None]]:
    """Give `made(what)`: note what exists in the platform now, and call its result once it is taken away."""
    named = settings.value(settings.RUN_FOLDER)
    folder = Path(named) if named else tmp_path_factory.mktemp("made")
    return lambda what: leftovers.made(folder, what)


@pytest.fixture(scope="session")
def history(target: Target) -> tuple[PastRun, ...]:
    """Give the earlier runs in the target's environment, the newest first."""
    return past_runs(ledger_path(), target.environment)


@pytest.fixture(scope="session")
def rehearsals(target: Target) -> tuple[PastRun, ...]:
    """Give the earlier runs in the environment where releases are rehearsed, the newest first."""
    return past_runs(ledger_path(), rehearsed_in(target.environment))


@pytest.fixture(scope="session")
def rehearsed_drills(target: Target) -> tuple[DrillRecord, ...]:
    """Give the drills of the environment where releases are rehearsed, the newest first."""
    from gates.adapters.producers.drill_records import recorded_drills  # noqa: PLC0415 - few producers need the ledger

    return recorded_drills(rehearsed_in(target.environment))


@pytest.fixture(scope="session")
def place(target: Target) -> str:
    """Give the name of the target's environment."""
    return target.environment


@pytest.fixture(scope="session")
def rehearsed_at(target: Target) -> str:
    """Give the name of the environment where releases are rehearsed."""
    return rehearsed_in(target.environment)


@pytest.fixture(scope="session")
def rehearsal(target: Target) -> Target | None:
    """Give the environment where releases are rehearsed as a target; None when it is this one."""
    name = rehearsed_in(target.environment)
    return None if name == target.environment else targeting.find_target(platform_folder(), name)


@pytest.fixture(scope="session")
def documentation(target: Target) -> Documentation:
    """Give the platform's contacts, links and documentOwnership, as they hold in the target's environment."""
    platform, environment = _documents(target.environment)
    return Documentation(
        contacts=environment.documentation.contacts or platform.contacts,
        links=environment.documentation.links or platform.links,
        document_ownership=environment.documentation.document_ownership or platform.document_ownership,
    )


@pytest.fixture(scope="session")
def scans(target: Target) -> tuple[ScanReport, ...]:
    """Give every scan report in the environment's folder; a file that is not one is listed with its flaw."""
    _, environment = _documents(target.environment)
    folder = from_root(settings.value(settings.SCANS_FOLDER) or environment.scans or "reports/scans")
    return tuple(_report(file) for file in sorted(folder.glob("*")) if file.suffix in (".json", ".sarif"))


def rehearsed_in(environment: str) -> str:
    """Return the environment in which releases of `environment` are rehearsed: itself when it names none."""
    return _documents(environment)[1].rehearsal or environment


def _report(file: Path) -> ScanReport:
    if file.stat().st_size > _LARGEST:
        return ScanReport(file=file.name, flaw="larger than any scan report")
    return scan_reports.parse(file.read_text(encoding="utf-8", errors="replace"), file=file.name)


def _documents(environment: str) -> tuple[Platform, Environment]:
    from gates.adapters.documents.documents import (  # noqa: PLC0415 - few producers need them
        check_environments,
        load_platform,
    )

    platform = load_platform(platform_folder())
    return platform, next(e for e in check_environments(platform_folder(), platform) if e.name == environment)


@pytest.fixture(scope="session")
def accepted_findings(pytestconfig: pytest.Config) -> tuple[AcceptedFinding, ...]:
    """Give what is known to be wrong with the platform's contracts and was accepted for a while."""
    from gates.adapters.documents.documents import load_platform  # noqa: PLC0415 - only contract checks
    from gates.adapters.producers.contract_baseline import load_baseline  # noqa: PLC0415 - need these

    folder = platform_of(pytestconfig)
    return load_baseline(folder, load_platform(folder))


@pytest.fixture(scope="session")
def drills(target: Target) -> tuple[DrillRecord, ...]:
    """Give the recorded drills of the target's environment, the newest first."""
    from gates.adapters.producers.drill_records import recorded_drills  # noqa: PLC0415 - few producers need the ledger

    return recorded_drills(target.environment)


@pytest.fixture(scope="session")
def objectives() -> Callable[[str], Tier]:
    """Give the recovery objectives of a service."""
    from gates.adapters.producers.drill_records import tier_of  # noqa: PLC0415 - nor the platform's documents

    return tier_of
