"""Which arm of a benchmark turns a criterion red, and what is said where none does."""

from __future__ import annotations

from dataclasses import replace

from gates.criteria.known_bad import lines, page, reds, stage_of
from gates.model.bench import Arm, ArmKind, Proof
from gates.model.criterion import Catalogue, Stage
from tests.support.bench_arms import BAD, GOOD
from tests.support.builders import criterion

LIVE = criterion(id="HLT-LIVE", stages=(Stage.IMMEDIATE,))
CATALOGUE = Catalogue(criteria=(LIVE,), digest="sha256:0")
PROOF = Proof(id="drill", summary="a drill failed", test="tests/t.py::test_t", criteria=("HLT-LIVE",))


def test_an_arm_runs_at_its_own_stage_or_at_its_first_criterion_s() -> None:
    """A good release is looked at first of all right after its deployment."""
    assert stage_of(BAD, CATALOGUE) is Stage.IMMEDIATE
    assert stage_of(replace(BAD, stage=Stage.EXTENDED), CATALOGUE) is Stage.EXTENDED
    assert stage_of(GOOD, CATALOGUE) is Stage.IMMEDIATE


def test_an_arm_counts_only_where_its_stage_asks() -> None:
    """At another stage nobody looks at the criterion, so the arm shows nothing of it."""
    (found,) = reds(CATALOGUE, (BAD, GOOD, replace(BAD, id="late", stage=Stage.EXTENDED)), ())
    assert (found.arms, found.is_known, found.is_owed) == ((BAD,), True, True)


def test_a_criterion_that_nothing_turns_red_says_so() -> None:
    """A proof by a test is enough, and nothing is owed of what a person alone says."""
    (bare,) = reds(CATALOGUE, (), ())
    assert lines((bare,)) == (("HLT-LIVE", "**nothing yet**"),)
    (proven,) = reds(CATALOGUE, (), (PROOF,))
    assert lines((proven,)) == (("HLT-LIVE", "drill: a drill failed: tests/t.py::test_t"),)
    said = criterion(id="OPS-01", producers=(), attested_by="operations-manager")
    (attested,) = reds(Catalogue(criteria=(said,), digest="sha256:0"), (), ())
    assert attested.is_owed is False
    assert lines((attested,)) == (("OPS-01", "the operations-manager attests it"),)


def test_the_page_folds_the_services_of_a_fault_and_ends_with_what_tests_show() -> None:
    """One line for a fault on two services, with what else it turns red."""
    both = tuple(
        Arm(
            id=f"M02-lies.{service}",
            kind=ArmKind.KNOWN_BAD,
            summary="lies",
            service=service,
            image="i",
            criteria=("HLT-LIVE", "HLT-READY"),
        )
        for service in ("auth-service", "frontend")
    )
    refusal = replace(PROOF, id="M25", criteria=())
    text = page(reds(CATALOGUE, both, (refusal,)), both, (refusal,), "isectech")
    assert "| HLT-LIVE | `M02-lies` of auth-service, frontend: lies (with HLT-READY) |" in text
    assert "| M02-lies | auth-service, frontend | lies | HLT-LIVE |" in text
    assert "| M25 | a drill failed | what would be done is refused | `tests/t.py::test_t` |" in text
