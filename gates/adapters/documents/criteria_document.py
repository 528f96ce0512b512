"""`criteria/<category>.yaml`: what is demanded. The file's name is the category of its criteria."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from gates.adapters.documents.document_problems import Problem
from gates.adapters.documents.document_types import (
    Duration,
    Envelope,
    Filled,
    Role,
    Service,
    Strict,
    Text,
    Word,
    shaped,
)
from gates.adapters.documents.yaml_source import Source
from gates.adapters.machine.settings import below_root
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
    Use,
)
from gates.model.criterion import Source as GuideSource
from gates.model.platform import Platform
from gates.model.wording import demanded, number


def _word_or_list(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "word"


Services = Annotated[
    Annotated[Literal["all", "platform"], Tag("word")] | Annotated[tuple[Service, ...], Filled, Tag("list")],
    Discriminator(_word_or_list),
]
Identifier = Annotated[str, shaped(r"^[A-Z][A-Z0-9]{1,3}-[A-Z0-9]+(-[A-Z0-9]+)*$", "ORD-OPEN")]
NodeId = Annotated[
    str,
    shaped(
        r"^tests/[a-z0-9_/]+/test_[a-z0-9_]+\.py::test_[a-z0-9_]+$",
        "tests/validation/immediate/test_load.py::test_p95",
    ),
]
LimitName = Annotated[str, shaped(r"^[a-z][A-Za-z0-9]*$", "longestLifeSeconds")]
Anchor = Annotated[str, shaped(r"^[a-z0-9-]+/[a-z0-9-]+$", "extended-validation/load-test")]


class BandsPart(Strict):
    """The outer bands of a service level indicator."""

    alert: float
    critical: float


class DemandPart(Strict):
    """The number that is demanded; without it, a criterion demands zero failed checks.

    `like` names the criterion whose number it is: each level stands in one place. `counts` is what one sample
    is, in the singular: a check or a measurement, unless it says `request` or the like.
    """

    like: Identifier | None = None
    comparator: Comparator | None = None
    threshold: float | None = None
    unit: Text | None = None
    bands: BandsPart | None = None
    minimum_samples: Annotated[int, Field(ge=1)] = 1
    counts: Annotated[str, shaped(r"^[a-z][a-z -]{0,30}$", "request")] | None = None


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
    limits: Annotated[dict[LimitName, float], Field(default_factory=dict)]
    used_for: tuple[Use, ...] = ()
    load_profiles: tuple[Word, ...] = ()


class CriteriaPart(Strict):
    """The `spec` of a criteria file."""

    defaults: DefaultsPart = DefaultsPart()
    criteria: Annotated[tuple[CriterionPart, ...], Filled]


class CriteriaDocument(Envelope):
    """criteria/<category>.yaml."""

    kind: Literal["CriteriaCatalogue"]
    spec: CriteriaPart


Levels = Mapping[str, DemandPart]
"""The criteria that say a number themselves, by id."""
_NUMBER = ("comparator", "threshold", "unit")
_OWN = (*_NUMBER, "bands", "counts")
"""What a demand that is like another one takes from that."""
_NOTHING = DemandPart(comparator=Comparator.EQ, threshold=0.0, unit=FAILED_CHECKS)


def levels_of(documents: Iterable[CriteriaDocument]) -> Levels:
    """Return the numbers that other criteria may name."""
    parts = (part for document in documents for part in document.spec.criteria)
    return {part.id: part.demand for part in parts if part.demand is not None and part.demand.like is None}


def criteria_values(
    source: Source, document: CriteriaDocument, platform: Platform, levels: Levels | None
) -> tuple[list[Criterion], list[Problem]]:
    """Return the criteria of one file, and what neither they nor the defaults nor the policy say.

    Args:
        source: the file.
        document: what it holds.
        platform: the platform that it is about.
        levels: the numbers of all files; None when one of them cannot be read.
    """
    category, criteria, problems = document.metadata.name, [], []
    written = below_root(source.path)
    for index, part in enumerate(document.spec.criteria):
        settled = _settled(part, document.spec.defaults, platform, category)
        missing = [key for key, value in settled.items() if value is None]
        demand, cause = _demand(part.demand or _NOTHING, levels)
        if cause:
            problems.append(source.problem(("spec", "criteria", index, "demand"), f"{part.id}: {cause}"))
        elif missing:
            keys = ", ".join(f"'{_camel(key)}'" for key in missing)
            cause = f"{part.id}: {keys} is missing here, in the defaults and in the policy"
            problems.append(source.problem(("spec", "criteria", index), cause))
        else:
            line = source.place(("spec", "criteria", index)).line
            settled |= {"document": written, "line": line}
            criteria.append(_criterion(part, settled | {"demand": demand}, platform, category))
    return criteria, problems


def _demand(demand: DemandPart, levels: Levels | None) -> tuple[DemandPart, str]:
    """Return the demand with its number, its own or that of the criterion that it names; or what is wrong."""
    own = [name for name in _OWN if getattr(demand, name) is not None]
    if demand.like is None:
        missing = [name for name in _NUMBER if name not in own]
        return demand, f"the demand has no {', '.join(missing)}" if missing else ""
    if own:
        return demand, f"the number is that of {demand.like}, so it has no {', '.join(own)} of its own"
    if levels is None:
        return _NOTHING, ""
    level = levels.get(demand.like)
    if level is None:
        return demand, f"{demand.like} is not a criterion with a number of its own"
    return level.model_copy(update={"minimum_samples": demand.minimum_samples}), ""


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
    demand: DemandPart = settled.pop("demand")
    anchor, _, item = part.source.partition("/")
    made = Criterion(
        **{**settled, "services": _services(settled["services"], platform)},
        id=part.id,
        statement=part.statement,
        category=category,
        rationale=part.rationale,
        source=GuideSource(anchor=anchor, item=item),
        comparator=demand.comparator or Comparator.EQ,
        threshold=demand.threshold or 0.0,
        unit=demand.unit or FAILED_CHECKS,
        bands=None if demand.bands is None else Bands(**dict(demand.bands)),
        minimum_samples=demand.minimum_samples,
        counts=demand.counts or "",
        producers=part.producers,
        attested_by=part.attested_by,
        depends_on=part.depends_on,
        summarises=part.summarises,
        limits=tuple(part.limits.items()),
        used_for=part.used_for,
        load_profiles=part.load_profiles,
    )
    numbers = {"demand": demanded(made), **{name: number(value) for name, value in made.limits}}
    statement = part.statement
    for name, text in numbers.items():
        statement = statement.replace(f"{{{name}}}", text)
    return replace(made, statement=statement)


def _services(chosen: str | Sequence[str], platform: Platform) -> tuple[str, ...]:
    if isinstance(chosen, str):
        return platform.service_names if chosen == "all" else (PLATFORM,)
    return tuple(chosen)
