"""`criteria/<category>.yaml`: what is demanded. The file's name is the category of its criteria."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gates.adapters.documents.document_parts import document, entries, keys, part
from gates.adapters.documents.document_problems import Problem
from gates.adapters.documents.document_rules import Identifier
from gates.adapters.documents.document_types import key_of
from gates.adapters.documents.yaml_source import Location, Source
from gates.adapters.machine.settings import below_root
from gates.model.criterion import PLATFORM, Criterion, Priority, Severity
from gates.model.platform import Platform
from gates.model.wording import demanded, number

_SHARED = ("severity", "stages", "services", "owner", "failure_action", "priority", "max_age")
"""What the criteria of a file share unless they say otherwise."""
_NUMBER = ("comparator", "threshold", "unit")
_OWN = (*_NUMBER, "bands", "counts")
"""What a demand that is like another one takes from that."""
_PLACED = ("category", "document", "line")
_DEMAND = {"like": (Identifier, None), **keys(Criterion, only=(*_OWN, "minimum_samples"), optional=True)}
_DEFAULTS = keys(Criterion, only=_SHARED, optional=True)
_CRITERION = (
    keys(Criterion, without=(*_SHARED, *_DEMAND, *_PLACED)) | _DEFAULTS | {"demand": (part(_DEMAND), None)}
)
CRITERIA = document(
    "CriteriaCatalogue", {"defaults": (part(_DEFAULTS), None), "criteria": entries(part(_CRITERION))}
)
Part = Mapping[str, Any]
"""What a part of a document says, by field."""
Levels = Mapping[str, Part]
"""The demands of the criteria that say a number themselves, by id."""


def levels_of(specs: Iterable[Part]) -> Levels:
    """Return the numbers that other criteria may name."""
    demands = ((own["id"], own.get("demand")) for spec in specs for own in spec["criteria"])
    return {name: demand for name, demand in demands if demand and "like" not in demand}


def criteria_values(
    source: Source, spec: Part, platform: Platform, levels: Levels | None
) -> tuple[list[Criterion], list[Problem]]:
    """Return the criteria of one file, and what neither they nor the defaults nor the policy say.

    Args:
        source: the file.
        spec: what it holds.
        platform: the platform that it is about.
        levels: the numbers of all files; None when one of them cannot be read.
    """
    category, criteria, problems = Path(source.path).stem, list[Criterion](), list[Problem]()
    for index, own in enumerate(spec["criteria"]):
        path: Location = ("spec", "criteria", index)
        settled = _settled({**spec.get("defaults", {}), **own}, platform, category)
        missing = ", ".join(f"'{key_of(name)}'" for name in _SHARED if settled.get(name) is None)
        demand, cause = _demand(settled.pop("demand", None), levels)
        if cause:
            problems.append(source.problem((*path, "demand"), f"{own['id']}: {cause}"))
        elif missing:
            cause = f"{own['id']}: {missing} is missing here, in the defaults and in the policy"
            problems.append(source.problem(path, cause))
        else:
            settled["services"] = _services(settled["services"], platform)
            settled |= {"document": below_root(source.path), "line": source.place(path).line}
            criteria.append(_with_numbers(Criterion(category=category, **settled, **demand)))
    return criteria, problems


def _with_numbers(made: Criterion) -> Criterion:
    """Return a criterion whose statement says its numbers, where it has their names in braces."""
    statement = made.statement.replace("{demand}", demanded(made))
    for name, limit in made.limits:
        statement = statement.replace(f"{{{name}}}", number(limit))
    return replace(made, statement=statement)


def _demand(demand: Part | None, levels: Levels | None) -> tuple[Part, str]:
    """Return the demand with its number, its own or that of the criterion that it names; or what is wrong.

    A criterion without one demands zero failed checks.
    """
    if demand is None:
        return {}, ""
    own = [name for name in _OWN if name in demand]
    if "like" not in demand:
        missing = [name for name in _NUMBER if name not in own]
        return demand, f"the demand has no {', '.join(missing)}" if missing else ""
    like, rest = demand["like"], {name: value for name, value in demand.items() if name != "like"}
    if own:
        return rest, f"the number is that of {like}, so it has no {', '.join(own)} of its own"
    if levels is not None and like not in levels:
        return rest, f"{like} is not a criterion with a number of its own"
    level = {} if levels is None else levels[like]
    return {name: value for name, value in level.items() if name in _OWN} | rest, ""


def _settled(given: Part, platform: Platform, category: str) -> dict[str, Any]:
    """Return what a criterion or its file says, with the policy's priority and action where they do not."""
    policy = platform.policy
    by_severity: dict[Severity | None, Priority] = dict(policy.severity_priorities)
    by_category = dict(policy.failure_actions)
    filled = {"priority": by_severity.get(given.get("severity")), "failure_action": by_category.get(category)}
    return {**filled, **given}


def _services(chosen: str | Sequence[str], platform: Platform) -> tuple[str, ...]:
    if isinstance(chosen, str):
        return platform.service_names if chosen == "all" else (PLATFORM,)
    return tuple(chosen)
