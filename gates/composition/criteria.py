"""The documents of the platform as `gate criteria` reads them: no environment is needed."""

from __future__ import annotations

from datetime import UTC, datetime

from gates.adapters.documents.bench_document import load_bench, load_proofs
from gates.adapters.documents.document_files import unread
from gates.adapters.documents.documents import check_environments, load_catalogue, load_platform
from gates.adapters.machine.settings import platform_folder, project_root
from gates.adapters.producers.producer_files import existing
from gates.criteria.coverage import Coverage, coverage
from gates.criteria.known_bad import Red, reds
from gates.criteria.lint import Finding, lint, unproved
from gates.errors import DocumentError
from gates.model.bench import Arm, Proof
from gates.model.criterion import Catalogue
from gates.model.platform import Platform


def documents() -> tuple[Platform, Catalogue]:
    """Return the platform and its catalogue.

    Raises:
        DocumentError: one of them is wrong.
    """
    folder = platform_folder()
    platform = load_platform(folder)
    return platform, load_catalogue(folder, platform)


def covered(catalogue: Catalogue) -> tuple[Coverage, ...]:
    """Return which criteria have the producers that they name."""
    named = dict.fromkeys(producer for criterion in catalogue.criteria for producer in criterion.producers)
    return coverage(catalogue, existing(named, root=project_root()))


def known_bad(
    platform: Platform, catalogue: Catalogue
) -> tuple[tuple[Red, ...], tuple[Arm, ...], tuple[Proof, ...]]:
    """Return what turns each criterion red, and the arms and proofs that it is made of."""
    folder = platform_folder()
    proofs, arms = load_proofs(folder, platform, catalogue), load_bench(folder, platform, catalogue)
    return reds(catalogue, arms, proofs), arms, proofs


def examined() -> tuple[list[str], tuple[Finding, ...]]:
    """Return the problems of all documents as lines, and what is open when there is none."""
    folder = platform_folder()
    try:
        platform = load_platform(folder)
    except DocumentError as error:
        return str(error).splitlines(), ()
    problems = [*map(str, unread(folder, platform.service_names))]
    for load in (load_catalogue, check_environments):
        try:
            load(folder, platform)
        except DocumentError as error:
            problems += str(error).splitlines()
    if problems:
        return problems, ()
    catalogue, today = load_catalogue(folder, platform), datetime.now(UTC).date()
    found = lint(platform, catalogue, today=today, environments=check_environments(folder, platform))
    try:
        return [], (*unproved(covered(catalogue), known_bad(platform, catalogue)[0]), *found)
    except DocumentError as error:
        return str(error).splitlines(), found
