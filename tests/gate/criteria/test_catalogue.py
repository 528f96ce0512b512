"""The laws of a catalogue, each broken once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gates.criteria.catalogue import arranged, broken_laws, causes_first
from gates.model.criterion import FAILED_CHECKS, PLATFORM, Bands, Comparator, Criterion, Stage, Use
from tests.support.builders import criterion

BANDED: dict[str, Any] = {"comparator": Comparator.LT, "threshold": 0.001, "unit": "ratio"}


def broken(*criteria: Criterion) -> list[tuple[int, str]]:
    """Return position and field of every broken law."""
    return [(flaw.position, flaw.field) for flaw in broken_laws(criteria)]


def test_a_sound_catalogue_breaks_no_law() -> None:
    """Producers, attestation, bands and dependencies as they should be."""
    assert (
        broken(
            criterion(id="A-01", statement="a"),
            criterion(id="A-02", statement="b", producers=(), attested_by="product-owner"),
            criterion(id="B-X", statement="c", bands=Bands(alert=0.005, critical=0.01), **BANDED),
            criterion(id="B-Y", statement="d", depends_on=("B-X", "A-01")),
            criterion(id="B-Z", statement="e", services=(PLATFORM,)),
        )
        == []
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"producers": ()}, "id"),
        ({"max_age": timedelta(0)}, "max_age"),
        ({"producers": (), "attested_by": "product-owner", **BANDED}, "unit"),
        ({"stages": ()}, "stages"),
        ({"stages": (Stage.IMMEDIATE, Stage.IMMEDIATE)}, "stages"),
        ({"services": ()}, "services"),
        ({"services": (PLATFORM, "auth-service")}, "services"),
        ({"producers": ("tests/a.py::test_a", "tests/a.py::test_a")}, "producers"),
        ({**BANDED, "threshold": float("nan")}, "threshold"),
        ({**BANDED, "threshold": float("inf")}, "threshold"),
        ({**BANDED, "unit": " "}, "unit"),
        ({"minimum_samples": 0}, "threshold"),
        ({"statement": "Within {seconds} s.", "limits": (("second", 1.0),)}, "statement"),
        ({"limits": (("seconds", float("inf")),)}, "limits"),
        ({"used_for": (Use.CONTACTS, Use.CONTACTS)}, "used_for"),
        ({"load_profiles": ("smoke", "smoke")}, "load_profiles"),
        ({"threshold": 1.0, "unit": FAILED_CHECKS}, "threshold"),
        ({"comparator": Comparator.LE, "unit": FAILED_CHECKS}, "threshold"),
        ({"depends_on": ("NO-SUCH",)}, "depends_on"),
        ({"summarises": ("NO-SUCH",)}, "summarises"),
        ({"depends_on": ("HLT-LIVE",)}, "depends_on"),
        ({"id": "A-02"}, "id"),
    ],
)
def test_a_broken_law_is_named_with_its_field(changes: dict[str, Any], field: str) -> None:
    """Each law refuses what it forbids and points at the field."""
    assert broken(criterion(**changes)) == [(0, field)]


@pytest.mark.parametrize(
    ("comparator", "threshold", "alert", "critical", "is_sound"),
    [
        (Comparator.LT, 2, 3, 5, True),
        (Comparator.LE, 2, 5, 3, False),
        (Comparator.LT, 2, 2, 5, False),
        (Comparator.LT, 2, 1, 5, False),
        (Comparator.GE, 0.999, 0.995, 0.99, True),
        (Comparator.GT, 0.999, 0.9995, 0.99, False),
        (Comparator.GE, 0.99, 0.995, 0.999, False),
        (Comparator.WITHIN, 0.2, 0.3, 0.5, True),
        (Comparator.WITHIN, 0.2, 0.1, 0.05, False),
        (Comparator.EQ, 0, 1, 2, False),
        (Comparator.LT, 2, float("nan"), 5, False),
    ],
)
def test_bands_lie_beyond_the_threshold_in_its_direction(
    comparator: Comparator, threshold: float, alert: float, critical: float, *, is_sound: bool
) -> None:
    """Alert is worse than the threshold, critical worse than alert, whichever way worse is."""
    banded = criterion(
        comparator=comparator,
        threshold=threshold,
        unit="ratio",
        bands=Bands(alert=alert, critical=critical),
    )

    assert ((0, "bands") not in broken(banded)) is is_sound


def test_an_id_and_a_statement_occur_once() -> None:
    """Two criteria under one id would hide one of them; the same words twice are one demand."""
    flaws = broken(criterion(), criterion(), criterion(id="HLT-OTHER"))

    assert flaws == [(1, "id"), (2, "statement")]


def test_numbered_ids_have_no_hole_and_keep_their_order() -> None:
    """A dropped or shuffled number is seen in the ids alone."""
    first, second, third = (criterion(id=f"A-{n:02}", statement=str(n)) for n in (1, 2, 3))

    assert broken(first, second, third) == []
    assert broken(first, third) == [(1, "id")]
    assert broken(second, first) == [(0, "id"), (1, "id")]


def test_a_cause_shares_a_stage_with_what_it_explains() -> None:
    """A cause that is never judged together explains nothing."""
    cause = criterion(id="A-X", statement="a", stages=(Stage.READINESS,))

    assert broken(cause, criterion(depends_on=("A-X",))) == [(1, "depends_on")]


def test_a_purpose_is_that_of_one_criterion() -> None:
    """The second one is refused."""
    first = criterion(id="A-X", statement="a", used_for=(Use.CONTACTS,))
    assert broken(first, criterion(id="A-Y", statement="b", used_for=(Use.CONTACTS,))) == [(1, "used_for")]


def test_a_circle_of_causes_is_refused() -> None:
    """Two criteria cannot explain each other."""
    one = criterion(id="A-X", statement="a", depends_on=("A-Y",))
    other = criterion(id="A-Y", statement="b", depends_on=("A-X",))

    assert broken(one, other) == [(0, "depends_on")]


def test_catalogue_order_is_by_first_stage_then_category() -> None:
    """The order of the files on disk has no say, the order inside a category is kept."""
    late = criterion(id="Z-Z", category="a", stages=(Stage.LONG_TERM,))
    both = criterion(id="Z-Y", category="b", stages=(Stage.LONG_TERM, Stage.READINESS))
    pair = [criterion(id=name, category="c", stages=(Stage.READINESS,)) for name in ("C-Z", "C-A")]

    assert [c.id for c in arranged([*pair, late, both])] == [c.id for c in arranged([late, both, *pair])]
    assert [c.id for c in arranged([late, *pair, both])] == ["Z-Y", "C-Z", "C-A", "Z-Z"]


def test_causes_come_before_what_they_imply() -> None:
    """Each criterion follows all that it depends on, whatever the order of the documents."""
    last = criterion(id="AAA-1", depends_on=("BBB-1", "CCC-1"))
    middle = criterion(id="BBB-1", depends_on=("CCC-1", "ELSEWHERE-1"))
    first, other = criterion(id="CCC-1"), criterion(id="DDD-1")

    assert causes_first([last, middle, first, other]) == (first, middle, last, other)
