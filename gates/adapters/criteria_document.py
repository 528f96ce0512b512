"""`criteria/<category>.yaml`: what is demanded. The file's name is the category of its criteria."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from gates.adapters.document_problems import Problem
from gates.adapters.document_types import Duration, Envelope, Filled, Role, Service, Strict, Text, shaped
from gates.adapters.settings import below_root
from gates.adapters.yaml_source import Source
from gates.model.criterion import (
    FAILED_CHECKS,
    PLATFORM,
    Bands,
    Comparator,
    Criterion,
    FailureAction,
    Priority,
    Severity,
    Stage,
)
from gates.model.criterion import Source as GuideSource
from gates.model.platform import Platform


def _word_or_list(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "word"


Services = Annotated[
    Annotated[Literal["all", "platform"], Tag("word")] | Annotated[tuple[Service, ...], Filled, Tag("list")],
    Discriminator(_word_or_list),
]
Identifier = Annotated[str, shaped(r"^[A-Z][A-Z0-9]{1,3}-[A-Z0-9]+(-[A-Z0-9]+)*$", "HLT-READY")]
NodeId = Annotated[
    str,
    shaped(
        r"^tests/[a-z0-9_/]+/test_[a-z0-9_]+\.py::test_[a-z0-9_]+$",
        "tests/validation/immediate/test_load.py::test_p95",
    ),
]
Anchor = Annotated[str, shaped(r"^[a-z0-9-]+/[a-z0-9-]+$", "extended-validation/load-test")]


class BandsPart(Strict):
    """The outer bands of a service level indicator."""

    alert: float
    critical: float


class DemandPart(Strict):
    """The number that is demanded; without it, a criterion demands zero failed checks."""

    comparator: Comparator
    threshold: float
    unit: Text
    bands: BandsPart | None = None
    minimum_samples: Annotated[int, Field(ge=1)] = 1


class DefaultsPart(Strict):
    """What the criteria of a file share unless they say otherwise."""

    severity: Severity | None = None
    stages: Annotated[tuple[Stage, ...], Filled] | None = None
    services: Services | None = None
    owner: Role | None = None
    failure_action: FailureAction | None = None
    priority: Priority | None = None
    max_age: Duration | None = None


class CriterionPart(DefaultsPart):
    """One criterion."""

    id: Identifier
    statement: Text
    rationale: Text
    source: Anchor
    demand: DemandPart | None = None
    producers: tuple[NodeId, ...] = ()
    attested_by: Role | None = None
    depends_on: tuple[Identifier, ...] = ()
    summarises: tuple[Identifier, ...] = ()


class CriteriaPart(Strict):
    """The `spec` of a criteria file."""

    defaults: DefaultsPart = DefaultsPart()
    criteria: Annotated[tuple[CriterionPart, ...], Filled]


class CriteriaDocument(Envelope):
    """criteria/<category>.yaml."""

    kind: Literal["CriteriaCatalogue"]
    spec: CriteriaPart


def criteria_values(
    source: Source, document: CriteriaDocument, platform: Platform
) -> tuple[list[Criterion], list[Problem]]:
    """Return the criteria of one file, and what neither they nor the defaults nor the policy say."""
    category, criteria, problems = document.metadata.name, [], []
    written = below_root(source.path)
    for index, part in enumerate(document.spec.criteria):
        settled = _settled(part, document.spec.defaults, platform, category)
        missing = [key for key, value in settled.items() if value is None]
        if missing:
            keys = ", ".join(f"'{_camel(key)}'" for key in missing)
            cause = f"{part.id}: {keys} is missing here, in the defaults and in the policy"
            problems.append(source.problem(("spec", "criteria", index), cause))
        else:
            line = source.place(("spec", "criteria", index)).line
            settled |= {"document": written, "line": line}
            criteria.append(_criterion(part, settled, platform, category))
    return criteria, problems


def _settled(
    part: CriterionPart, defaults: DefaultsPart, platform: Platform, category: str
) -> dict[str, Any]:
    """Return every shared key with its value: the criterion's own, the file's, or the policy's."""
    settled = {key: _first(getattr(part, key), getattr(defaults, key)) for key in DefaultsPart.model_fields}
    policy = platform.policy
    by_severity, by_category = dict(policy.priorities), dict(policy.failure_actions)
    settled["priority"] = _first(settled["priority"], by_severity.get(settled["severity"]))
    settled["failure_action"] = _first(settled["failure_action"], by_category.get(category))
    return settled


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _camel(key: str) -> str:
    return DefaultsPart.model_fields[key].alias or key


def _criterion(part: CriterionPart, settled: dict[str, Any], platform: Platform, category: str) -> Criterion:
    demand = part.demand or DemandPart(comparator=Comparator.EQ, threshold=0.0, unit=FAILED_CHECKS)
    anchor, _, item = part.source.partition("/")
    return Criterion(
        **{**settled, "services": _services(settled["services"], platform)},
        id=part.id,
        statement=part.statement,
        category=category,
        rationale=part.rationale,
        source=GuideSource(anchor=anchor, item=item),
        comparator=demand.comparator,
        threshold=demand.threshold,
        unit=demand.unit,
        bands=None if demand.bands is None else Bands(**dict(demand.bands)),
        minimum_samples=demand.minimum_samples,
        producers=part.producers,
        attested_by=part.attested_by,
        depends_on=part.depends_on,
        summarises=part.summarises,
    )


def _services(chosen: str | Sequence[str], platform: Platform) -> tuple[str, ...]:
    if isinstance(chosen, str):
        return platform.service_names if chosen == "all" else (PLATFORM,)
    return tuple(chosen)
