"""docs/known-bad.md is complete and true: of every automated criterion something is known to turn it red."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gates.adapters.documents.bench_document import load_bench, load_proofs
from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.adapters.producers.producer_files import existing
from gates.criteria.known_bad import Red, page, reds
from gates.model.bench import Arm, Proof
from gates.model.criterion import Catalogue
from sandbox.faults.registry import FAULTS
from sandbox.platform import images

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "platforms" / "isectech"
PLATFORM = load_platform(FOLDER)
NAMED = {f"M{number:02}" for number in range(1, 26)}
"""The benchmark's named known-bad revisions."""


@cache
def catalogue() -> Catalogue:
    """Return the shipped catalogue."""
    return load_catalogue(FOLDER, PLATFORM)


@cache
def arms() -> tuple[Arm, ...]:
    """Return the arms of the benchmark."""
    return load_bench(FOLDER, PLATFORM, catalogue())


@cache
def proofs() -> tuple[Proof, ...]:
    """Return the known-bad states that tests show."""
    return load_proofs(FOLDER, PLATFORM, catalogue())


@cache
def found() -> tuple[Red, ...]:
    """Return what turns each criterion red."""
    return reds(catalogue(), arms(), proofs())


def test_every_automated_criterion_is_known_to_turn_red() -> None:
    """Who adds a criterion adds a fault, a disturbance or a proof: CONTRIBUTING.md says how."""
    assert [red.criterion.id for red in found() if red.is_owed and not red.is_known] == []


def test_what_no_producer_looks_at_is_attested_or_sums_up() -> None:
    """So the page has something to say of every criterion."""
    silent = [red.criterion for red in found() if not red.is_owed]
    assert [one.id for one in silent if not (one.attested_by or one.summarises)] == []


def test_every_arm_names_what_exists_and_expects_the_criterion() -> None:
    """The image of an arm can be run, and the fault in it names every criterion of the arm."""
    for arm in (one for one in arms() if one.image):
        assert images.digest_of(arm.image)
        assert set(arm.criteria) <= set(FAULTS[arm.image.partition("1.0.1-")[2]].criteria), arm.id


def test_every_proof_names_a_test_that_exists() -> None:
    """A test that is renamed or dropped takes its row with it."""
    named = [proof.test for proof in proofs()]
    assert [test for test in named if test not in existing(named, root=ROOT)] == []


def test_each_named_revision_has_one_row() -> None:
    """M01 to M25, each found by one grep; a letter behind the number is a second way to be wrong."""
    rows = {name.partition("-")[0] for name in [*(a.id for a in arms()), *(p.id for p in proofs())]}
    assert NAMED - rows == set()


def test_the_page_is_current() -> None:
    """docs/known-bad.md is what `gate criteria known-bad --format markdown` prints."""
    written = (ROOT / "docs" / "known-bad.md").read_text(encoding="utf-8")
    assert written == page(found(), arms(), proofs(), PLATFORM.name)
