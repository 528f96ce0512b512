"""Every check of the security catalogue is demanded here, demanded elsewhere, or has a reason not to be."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from gates.adapters.documents.document_types import Envelope, Filled, Strict, Text
from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.adapters.documents.yaml_source import read_yaml
from gates.model.criterion import Catalogue, Criterion, Priority, Severity, Stage

FOLDER = Path(__file__).parents[2] / "platforms" / "isectech"
CATEGORY = "security-checks"

CHECKS = {
    "AUTH": ("01 02 03 04 05 06 07 08 09 11 12", "10 13"),
    "TOK": ("01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 23", "21 22 24 25"),
    "OAU": ("01 02 03 04 06 07 08 09 10 11 13", "05 12"),
    "S2S": ("01 02 03 04 05 06", ""),
    "AUZ": ("01 02 03 04 05 06 07 08 09 10 11 14", "12 13"),
    "RES": ("01 02 03 04 05 10", "06 07 08 09"),
    "INJ": ("01 03 04", "02 05 06 07"),
    "CFG": ("01 02 03 04 05 06 07 08 09 10 11 12 13 14", ""),
    "LLM": ("01 02 03 04 05 06", "07"),
}
"""Of each family the numbers of the core checks and of the extended ones."""

Check = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{2,3}-[0-9]{2}$")]


class Moved(Strict):
    """A check that other criteria look at."""

    check: Check
    criteria: Annotated[tuple[str, ...], Filled]


class LeftOut(Strict):
    """A check that nothing looks at, and why."""

    check: Check
    reason: Text


class Elsewhere(Strict):
    """The `spec` of the document."""

    demanded_elsewhere: tuple[Moved, ...]
    not_applicable: tuple[LeftOut, ...]
    not_demanded: tuple[LeftOut, ...]


class ElsewhereDocument(Envelope):
    """security-checks-elsewhere.yaml."""

    kind: Literal["SecurityChecksElsewhere"]
    spec: Elsewhere


@cache
def elsewhere() -> Elsewhere:
    """Return the document."""
    path = FOLDER / "security-checks-elsewhere.yaml"
    source = read_yaml(path.read_text(encoding="utf-8"), str(path))
    return ElsewhereDocument.model_validate_json(json.dumps(source.value)).spec


@cache
def catalogue() -> Catalogue:
    """Return the shipped catalogue."""
    return load_catalogue(FOLDER, load_platform(FOLDER))


def demanded() -> list[Criterion]:
    """Return the criteria of the security catalogue."""
    return [criterion for criterion in catalogue().criteria if criterion.category == CATEGORY]


def check_of(criterion: Criterion) -> str:
    """Return the check that a criterion's id begins with."""
    return "-".join(criterion.id.split("-")[:2])


def numbered(position: int) -> set[str]:
    """Return the ids of the core (0) or of the extended checks (1)."""
    return {f"{family}-{n}" for family, numbers in CHECKS.items() for n in numbers[position].split()}


def test_every_check_is_in_exactly_one_place() -> None:
    """Nothing is dropped, and nothing is both demanded and excused."""
    spec = elsewhere()
    parts = (spec.demanded_elsewhere, spec.not_applicable, spec.not_demanded)
    places = Counter([check_of(c) for c in demanded()] + [entry.check for part in parts for entry in part])

    assert set(places) == numbered(0) | numbered(1)
    assert [check for check, count in places.items() if count > 1] == []


def test_no_core_check_is_merely_not_demanded() -> None:
    """A core check is looked at, or there is nothing to look at."""
    assert {entry.check for entry in elsewhere().not_demanded} <= numbered(1)


def test_criteria_elsewhere_exist() -> None:
    """What a check is said to be looked at by is in the catalogue."""
    known = {criterion.id for criterion in catalogue().criteria}

    assert {name for moved in elsewhere().demanded_elsewhere for name in moved.criteria} <= known


@pytest.mark.parametrize("criterion", demanded(), ids=lambda criterion: criterion.id)
def test_a_check_says_where_it_comes_from_and_what_it_weighs(criterion: Criterion) -> None:
    """Its source is its number, it is a readiness check, and P0 to P2 block."""
    assert (criterion.source.anchor, criterion.source.item) == (CATEGORY, check_of(criterion).lower())
    assert criterion.stages == (Stage.READINESS,)
    assert (
        criterion.severity
        == {
            Priority.P0: Severity.BLOCKER,
            Priority.P1: Severity.BLOCKER,
            Priority.P2: Severity.CRITICAL,
            Priority.P3: Severity.MINOR,
        }[criterion.priority]
    )
