"""A document's shape is that of the model's dataclass: keys, types, what may be left out, what is refused."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gates.adapters.documents.document_parts import document, entries, keys
from gates.adapters.documents.document_reading import validate
from gates.adapters.documents.document_rules import REQUIRED, RULES
from gates.adapters.documents.document_types import key_of
from gates.adapters.documents.yaml_source import read_yaml
from gates.model.criterion import Stage

HEAD = "apiVersion: release-gate/v1\nkind: Fleet\nmetadata: {name: fleet}\nspec:\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A part with a law of its own."""

    power: float
    limit: float = 100.0

    def __post_init__(self) -> None:
        """Refuse more power than the limit."""
        if self.power > self.limit:
            raise ValueError("more power than the limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship:
    """One of everything that a document may hold."""

    name: str
    engine: Engine | None = None
    is_afloat: bool = False
    patience: timedelta = timedelta(minutes=5)
    wait_s: float = 0.0
    built: datetime | None = None
    stages: tuple[Stage, ...] = ()
    crew: tuple[tuple[str, int], ...] = ()
    decks: tuple[str, ...]


FLEET = document("Fleet", {"ships": entries(Ship)})


def read(ship: str) -> tuple[Any, list[str]]:
    """Return the ships of a document with this one, or its problems as `line:column: cause`."""
    found, problems = validate(read_yaml(f"{HEAD}  ships:\n    - {ship}\n", "fleet.yaml"), FLEET, {})
    return found and found.spec["ships"], [f"{one.line}:{one.column}: {one.cause}" for one in problems]


def test_what_is_written_becomes_the_value_of_the_model() -> None:
    """Keys in camelCase, durations, pairs as a mapping; what is left out is the model's default."""
    (ship,), problems = read(
        "{name: a, afloat: true, patience: 2h, waitSeconds: 1.5, built: 2026-01-02T03:04:05Z, decks: [sun],"
        " engine: {power: 7}, stages: [long-term], crew: {cook: 2, mate: 1}}"
    )
    assert problems == []
    assert ship == Ship(
        name="a",
        engine=Engine(power=7),
        is_afloat=True,
        patience=timedelta(hours=2),
        wait_s=1.5,
        built=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        stages=(Stage.LONG_TERM,),
        crew=(("cook", 2), ("mate", 1)),
        decks=("sun",),
    )
    assert read("{name: a, decks: [sun]}")[0] == (Ship(name="a", decks=("sun",)),)


@pytest.mark.parametrize(
    ("ship", "problem"),
    [
        ("{name: a, decks: []}", "6:24: spec.ships[0].decks: at least one entry is needed"),
        ("{name: a}", "6:7: spec.ships[0]: key 'decks' is missing"),
        ("{name: ' ', decks: [a]}", "has the wrong form; an example: some words"),
        ("{name: a, decks: [a], wait_s: 1}", "6:29: spec.ships[0]: unknown key 'wait_s' (valid: "),
        ("{name: a, decks: [a], isAfloat: true}", "unknown key 'isAfloat' - did you mean 'afloat'?"),
        ("{name: a, decks: [a], patience: 5}", "6:39: spec.ships[0].patience: '5' is not a duration"),
        ("{name: a, decks: [a], built: 2026-01-02T03:04:05}", "should have timezone info"),
        (
            "{name: a, decks: [a], crew: {cook: two}}",
            "6:42: spec.ships[0].crew.cook: Input should be a valid",
        ),
        ("{name: a, decks: [a], stages: [soon]}", "6:38: spec.ships[0].stages[0]: unknown value 'soon'"),
        (
            "{name: a, decks: [a], engine: {pwer: 1}}",
            "spec.ships[0].engine: unknown key 'pwer' - did you mean",
        ),
        (
            "{name: a, decks: [a], engine: {power: 101}}",
            "6:37: spec.ships[0].engine: more power than the limit",
        ),
        ("{name: a, decks: [a]}\n    - {name: a, decks: [b]}", "7:7: 'a' is listed twice in ships"),
    ],
)
def test_what_the_model_does_not_have_is_refused_at_its_place(ship: str, problem: str) -> None:
    """Line, column, path and cause; a law of the value itself is said at the value."""
    value, problems = read(ship)
    assert [one for one in problems if problem in one], (problems, value)


def test_fields_can_be_chosen_left_out_and_made_optional() -> None:
    """A part may say some fields only, and a file's defaults none that it must."""
    assert list(keys(Ship, only=("name", "decks"))) == ["name", "decks"]
    assert "crew" not in keys(Ship, without=("crew",))
    assert [name for name, (_, default) in keys(Ship).items() if default is ...] == ["name", "decks"]
    assert {default for _, default in keys(Ship, optional=True).values()} == {None}


@pytest.mark.parametrize("table", [RULES, REQUIRED], ids=["rules", "required"])
def test_every_rule_is_about_a_field_that_exists(table: dict[type[Any], Any]) -> None:
    """A rule for a misspelt field would never be asked."""
    assert len(table) > 5
    fields = {kind: {field.name for field in dataclasses.fields(kind)} for kind in table}
    assert {
        kind.__name__: set(table[kind]) - fields[kind] for kind in table if set(table[kind]) - fields[kind]
    } == {}


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ("depends_on", "dependsOn"),
        ("is_public", "public"),
        ("has_openapi", "openapi"),
        ("settle_s", "settleSeconds"),
        ("is_", "is"),
    ],
)
def test_a_key_is_the_name_of_its_field_as_documents_write_it(field: str, key: str) -> None:
    """In camelCase, without what makes a question of it, with units written out."""
    assert key_of(field) == key
