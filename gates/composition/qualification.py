"""Who qualifies the releases of an environment, and where its records are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gates.adapters.machine.settings import platform_folder, reports_folder

if TYPE_CHECKING:
    from gates.adapters.runs.run_folder import RunFolder
    from gates.adapters.signing.qualification import Qualification
    from gates.model.criterion import Catalogue
    from gates.model.platform import Environment, Platform
    from gates.workflows.evidence_source import Carry


def qualification(
    place: Environment,
    platform: Platform,
    catalogue: Catalogue,
    folder: RunFolder | None = None,
    named: str = "",
) -> Qualification | None:
    """Return what answers the checks that an environment does not allow; None if no environment qualifies it.

    Raises:
        UsageError: `qualifiedBy` names an environment that is not there.
        DocumentError: the document of that environment is wrong.
    """
    if place.qualified_by is None:
        return None
    from gates.adapters.documents.documents import declared_environment
    from gates.adapters.signing.qualification import Qualification

    qualifier = declared_environment(platform_folder(), place.qualified_by, platform)
    return Qualification(
        qualifier=qualifier,
        platform=platform,
        catalogue=catalogue,
        keys=Path(place.record_keys or ""),
        records=records_of(qualifier),
        named=named,
        folder=folder,
    )


def carry_of(
    place: Environment, platform: Platform, catalogue: Catalogue, folder: RunFolder, named: str
) -> Carry:
    """Return what a gate does with checks that its environment does not allow."""
    found = qualification(place, platform, catalogue, folder, named)
    return found.carry if found else lambda bundle, _release, _stage, _at: bundle


def records_of(environment: Environment) -> str:
    """Return the folder or URL in which an environment's records are kept."""
    return environment.records or str(reports_folder() / "records")
