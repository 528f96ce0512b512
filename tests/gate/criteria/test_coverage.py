"""Which criteria something can answer."""

from __future__ import annotations

from gates.criteria.coverage import counted, coverage
from gates.model.criterion import Catalogue, Source
from tests.support.builders import PRODUCER, criterion

OTHER = "tests/validation/immediate/test_health.py::test_ready"


def states(*node_ids: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return state and missing producers of three criteria, given the tests that exist."""
    criteria = (
        criterion(id="A"),
        criterion(id="B", producers=(PRODUCER, OTHER)),
        criterion(id="C", producers=(), attested_by="product-owner"),
    )
    covered = coverage(Catalogue(criteria=criteria, digest=""), node_ids)
    return {entry.criterion.id: (entry.state, entry.missing) for entry in covered}


def test_a_producer_that_does_not_exist_is_said_to_be_missing() -> None:
    """Nothing is covered by a name alone, and a person's word needs no test."""
    assert states() == {
        "A": ("producer missing -> NOT_RUN", (PRODUCER,)),
        "B": ("producer missing -> NOT_RUN", (PRODUCER, OTHER)),
        "C": ("awaits attestation by product-owner", ()),
    }


def test_every_named_producer_must_exist() -> None:
    """One of two producers is not enough."""
    found = states(PRODUCER)

    assert found["A"] == ("covered", ())
    assert found["B"] == ("producer missing -> NOT_RUN", (OTHER,))


def test_each_list_of_the_guide_is_counted() -> None:
    """A criterion that is tested and attested counts in both; the last line counts all."""
    both = criterion(id="A", producers=(PRODUCER,), attested_by="product-owner")
    summary = criterion(id="B", producers=(), summarises=("A",), source=Source(anchor="other", item="i"))
    lines = counted(coverage(Catalogue(criteria=(both, summary), digest=""), [PRODUCER]))

    assert [line.split(maxsplit=1)[1].strip() for line in lines] == [
        "1 criteria: 1 tested, 1 attested, 0 without all their producers",
        "1 criteria: 1 tested, 0 attested, 0 without all their producers",
        "2 criteria: 2 tested, 1 attested, 0 without all their producers",
    ]


def test_parameters_of_a_test_do_not_matter() -> None:
    """A collected id carries the service in brackets, the catalogue does not."""
    assert states(f"{PRODUCER}[auth-service]", f"{OTHER}[a-b]")["B"] == ("covered", ())
