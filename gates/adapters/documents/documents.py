"""The documents of a platform's folder as values of the model.

    platform.yaml  policy.yaml  environments/<name>.yaml  criteria/<category>.yaml

A document that is wrong in any way is refused as a whole, with every problem as `path:line:column: cause`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gates.adapters.documents.document_files import document_at, documents_in
from gates.adapters.documents.document_problems import Problem, refuse
from gates.adapters.documents.document_types import Document, Envelope, validate
from gates.adapters.documents.environment_document import (
    EnvironmentDocument,
    environment_flaws,
    environment_value,
    read_endpoints,
    with_named_places,
)
from gates.adapters.documents.platform_document import (
    PlatformDocument,
    declared,
    platform_flaws,
    platform_value,
)
from gates.adapters.documents.policy_document import (
    PolicyDocument,
    matrix_value,
    policy_flaws,
    policy_value,
)
from gates.adapters.documents.yaml_source import Location, Source, read_document
from gates.criteria.catalogue import arranged, broken_laws
from gates.errors import DocumentError
from gates.model.criterion import Catalogue, Criterion
from gates.model.likeness import refuse_unknown
from gates.model.platform import Endpoints, Environment, Platform


def load_platform(folder: Path) -> Platform:
    """Return the platform that `folder` describes.

    Raises:
        DocumentError: platform.yaml or policy.yaml is missing or wrong; every problem of both is named.
    """
    paths = document_at(folder, "platform"), document_at(folder, "policy")
    platform_source, policy_source = read_document(paths[0]), read_document(paths[1])
    words: dict[str, tuple[str, ...]] = declared(platform_source) | {"category": _categories(folder)}
    platform, problems = validate(platform_source, PlatformDocument, words)
    policy, more = validate(policy_source, PolicyDocument, words)
    problems += more
    if platform is not None:
        problems += platform_flaws(platform_source, platform.spec)
    if policy is not None:
        problems += policy_flaws(policy_source, policy.spec)
    refuse(problems)
    spec, decided = _whole(platform).spec, _whole(policy).spec
    name, matrix = _whole(platform).metadata.name, matrix_value(decided)
    return platform_value(name, spec, matrix, policy_value(decided), _digest(paths))


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
        DocumentError: there is no such environment, or its document is wrong.
        ConfigurationError: it is local and its endpoints file is missing or about another project.
    """
    variables = os.environ if variables is None else variables
    document, digest = _environment_document(folder, name, platform)
    endpoints = read_endpoints(document.spec, variables)
    named = with_named_places(document.spec, variables)
    return environment_value(name, document.spec, endpoints, digest=digest, variables=named)


def check_environments(folder: Path, platform: Platform) -> tuple[Environment, ...]:
    """Return all environments as their documents say, without asking whether a local one runs.

    Raises:
        DocumentError: a document is wrong; the problems of the first such document are named.
    """
    checked = []
    for name in environment_names(folder):
        document, digest = _environment_document(folder, name, platform)
        checked.append(environment_value(name, document.spec, Endpoints(), digest=digest, variables={}))
    return tuple(checked)


def environment_names(folder: Path) -> tuple[str, ...]:
    """Return the names of all environments that `folder` describes, sorted."""
    return tuple(documents_in(folder / "environments"))


def load_catalogue(folder: Path, platform: Platform) -> Catalogue:
    """Return all criteria in `folder`, in catalogue order.

    Raises:
        DocumentError: there is none, or a criteria file is wrong; every problem of every file is named.
    """
    from gates.adapters.documents.criteria_document import (  # noqa: PLC0415 - most commands need no criteria
        CriteriaDocument,
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
    read = [(source, *validate(source, CriteriaDocument, words)) for source in map(read_document, paths)]
    documents = [document for _, document, _ in read if document is not None]
    levels = levels_of(documents) if len(documents) == len(read) else None
    for source, document, found in read:
        problems += found
        if document is not None:
            values, missing = criteria_values(source, document, platform, levels)
            criteria += values
            origins += [(source, index) for index in range(len(document.spec.criteria))]
            problems += [*_misnamed(source, document), *missing]
    # A criterion that cannot be read would look unknown to those that depend on it, so the laws come after.
    refuse(problems or _lawless(criteria, origins))
    return Catalogue(criteria=arranged(criteria), digest=_digest(paths))


_Origin = tuple[Source, int]
"""The file of a criterion and its position in it."""

_WRITTEN_AS: dict[str, tuple[str, ...]] = {
    "bands": ("demand", "bands"),
    "depends_on": ("dependsOn",),
    "load_profiles": ("loadProfiles",),
    "max_age": ("maxAge",),
    "threshold": ("demand", "threshold"),
    "unit": ("demand", "unit"),
    "used_for": ("usedFor",),
}
"""Where the document holds a field of the model that it calls otherwise."""


def _lawless(criteria: Sequence[Criterion], origins: Sequence[_Origin]) -> list[Problem]:
    """Return the broken laws of the catalogue, each at the place of the criterion that breaks it."""
    problems = []
    for flaw in broken_laws(criteria):
        source, index = origins[flaw.position]
        path: Location = ("spec", "criteria", index, *_WRITTEN_AS.get(flaw.field, (flaw.field,)))
        problems.append(source.problem(path, f"{criteria[flaw.position].id}: {flaw.cause}"))
    return problems


def _environment_document(folder: Path, name: str, platform: Platform) -> tuple[EnvironmentDocument, str]:
    known = environment_names(folder)
    if name not in known:
        refuse_unknown("environment", (name,), known, next_step=f"they stand in {folder / 'environments'}")
    path = documents_in(folder / "environments")[name]
    source = read_document(path)
    words = {"service": platform.service_names, "role": platform.roles}
    document, problems = validate(source, EnvironmentDocument, words)
    if document is not None:
        problems += [*_misnamed(source, document), *environment_flaws(source, document.spec, platform)]
    refuse(problems)
    return _whole(document), _digest((path,))


def _misnamed(source: Source, document: Envelope) -> list[Problem]:
    stem, name = Path(source.path).stem, document.metadata.name
    if name == stem:
        return []
    cause = f"'{name}' is in {Path(source.path).name}: a document has the name of its file"
    return [source.problem(("metadata", "name"), cause)]


def _whole(document: Document | None) -> Document:
    if document is None:
        raise AssertionError("a document without problems has a value")
    return document


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
