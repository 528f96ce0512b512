"""The documents of a platform's folder as values of the model.

    platform.yaml  policy.yaml  environments/<name>.yaml  criteria/<category>.yaml

A document that is wrong in any way is refused as a whole, with every problem as `path:line:column: cause`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gates.adapters.documents.document_files import document_at, document_named, documents_in
from gates.adapters.documents.document_problems import Problem, refuse
from gates.adapters.documents.document_reading import load, present, validate
from gates.adapters.documents.document_types import key_of
from gates.adapters.documents.environment_document import (
    ENVIRONMENT,
    Spec,
    environment_flaws,
    environment_value,
    located,
)
from gates.adapters.documents.platform_document import (
    PLATFORM,
    POLICY,
    declared,
    platform_flaws,
    platform_value,
    policy_flaws,
)
from gates.adapters.documents.yaml_source import Location, Source, read_document
from gates.adapters.machine import settings
from gates.criteria.catalogue import arranged, broken_laws
from gates.errors import DocumentError
from gates.model.criterion import Catalogue, Criterion
from gates.model.platform import Endpoints, Environment, Platform


def load_platform(folder: Path) -> Platform:
    """Return the platform that `folder` describes.

    Raises:
        DocumentError: platform.yaml or policy.yaml is missing or wrong; every problem of both is named.
    """
    paths = document_at(folder, "platform"), document_at(folder, "policy")
    platform_source, policy_source = read_document(paths[0]), read_document(paths[1])
    words: dict[str, tuple[str, ...]] = declared(platform_source) | {"category": _categories(folder)}
    platform, problems = validate(platform_source, PLATFORM, words)
    policy, more = validate(policy_source, POLICY, words)
    problems += more
    if platform is not None:
        problems += platform_flaws(platform_source, platform.spec)
    if policy is not None:
        problems += policy_flaws(policy_source, policy.spec)
    refuse(problems)
    described = present(platform)
    return platform_value(described.metadata.name, described.spec, present(policy).spec, _digest(paths))


def load_environment(
    folder: Path, name: str, platform: Platform, *, variables: Mapping[str, str] | None = None
) -> Environment:
    """Return the environment `name`, with the endpoints that its local platform wrote down, if it is local.

    Args:
        folder: the platform's folder.
        name: the environment's name.
        platform: the platform that runs there.
        variables: environment variables; those of this process when not given. GATE_ENDPOINTS_FILE and
            those of `REPLACED` replace the paths in the document.

    Raises:
        UsageError: there is no such environment.
        DocumentError: its document is wrong.
        ConfigurationError: it is local and its endpoints file is missing or about another project.
    """
    variables = settings.values() if variables is None else variables
    spec, digest = _environment_document(folder, name, platform)
    endpoints, variables = located(spec, variables)
    return environment_value(name, spec, endpoints, digest=digest, variables=variables)


def declared_environment(folder: Path, name: str, platform: Platform) -> Environment:
    """Return an environment as its document says, without asking where it runs.

    Raises:
        UsageError: there is no such environment.
        DocumentError: its document is wrong.
    """
    spec, digest = _environment_document(folder, name, platform)
    return environment_value(name, spec, Endpoints(), digest=digest, variables={})


def check_environments(folder: Path, platform: Platform) -> tuple[Environment, ...]:
    """Return all environments as their documents say, without asking whether a local one runs.

    Raises:
        DocumentError: a document is wrong; the problems of the first such document are named.
    """
    return tuple(declared_environment(folder, name, platform) for name in environment_names(folder))


def environment_names(folder: Path) -> tuple[str, ...]:
    """Return the names of all environments that `folder` describes, sorted."""
    return tuple(documents_in(folder / "environments"))


def load_catalogue(folder: Path, platform: Platform) -> Catalogue:
    """Return all criteria in `folder`, in catalogue order.

    Raises:
        DocumentError: there is none, or a criteria file is wrong; every problem of every file is named.
    """
    from gates.adapters.documents.criteria_document import (  # noqa: PLC0415 - most commands need no criteria
        CRITERIA,
        criteria_values,
        levels_of,
    )

    paths = tuple(documents_in(folder / "criteria").values())
    if not paths:
        cause = "no criteria/*.yaml: a gate that demands nothing would let everything through"
        raise DocumentError(cause, path=str(folder / "criteria"), line=0)
    words = {"service": platform.service_names, "role": platform.roles}
    criteria: list[Criterion] = []
    origins: list[_Origin] = []
    problems: list[Problem] = []
    read = [(source, *validate(source, CRITERIA, words)) for source in map(read_document, paths)]
    specs = [document.spec for _, document, _ in read if document is not None]
    levels = levels_of(specs) if len(specs) == len(read) else None
    for source, document, found in read:
        problems += found
        if document is not None:
            values, missing = criteria_values(source, document.spec, platform, levels)
            criteria += values
            origins += [(source, index) for index in range(len(document.spec["criteria"]))]
            problems += missing
    # A criterion that cannot be read would look unknown to those that depend on it, so the laws come after.
    refuse(problems or _lawless(criteria, origins))
    return Catalogue(criteria=arranged(criteria), digest=_digest(paths))


_Origin = tuple[Source, int]
"""The file of a criterion and its position in it."""


def _lawless(criteria: Sequence[Criterion], origins: Sequence[_Origin]) -> list[Problem]:
    """Return the broken laws of the catalogue, each at the place of the criterion that breaks it."""
    problems = []
    for flaw in broken_laws(criteria):
        source, index = origins[flaw.position]
        parts = ("demand",) if flaw.field in ("bands", "threshold", "unit") else ()
        path: Location = ("spec", "criteria", index, *parts, key_of(flaw.field))
        problems.append(source.problem(path, f"{criteria[flaw.position].id}: {flaw.cause}"))
    return problems


def _environment_document(folder: Path, name: str, platform: Platform) -> tuple[Spec, str]:
    path = document_named(folder, "environment", name)
    words = {"service": platform.service_names, "role": platform.roles}
    names = environment_names(folder)
    spec = load(
        path, ENVIRONMENT, words, lambda source, spec: environment_flaws(source, spec, platform, names)
    )
    return spec, _digest((path,))


def _categories(folder: Path) -> tuple[str, ...]:
    return tuple(documents_in(folder / "criteria"))


def _digest(paths: Iterable[Path]) -> str:
    """Return the digest of the files' names and contents."""
    whole = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        whole.update(f"{path.name}\0{len(content)}\0".encode())
        whole.update(content)
    return f"sha256:{whole.hexdigest()}"
