"""The benchmark's document and the registry of faults say the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from gates.adapters.documents.bench_document import load_bench, load_proofs
from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.model.bench import Arm, ArmKind
from sandbox.faults.arms import FIRST_MARK, LAST_MARK, text
from sandbox.faults.registry import FAULTS
from sandbox.platform import images
from sandbox.topology import SERVICES

FOLDER = Path(__file__).parents[3] / "platforms" / "isectech"


def declared() -> tuple[Arm, ...]:
    """Return the arms of the document."""
    platform = load_platform(FOLDER)
    return load_bench(FOLDER, platform, load_catalogue(FOLDER, platform))


def test_the_document_holds_every_fault_of_the_registry() -> None:
    """When this fails: `python -m sandbox.faults.arms`, and put it between the marks of bench.yaml."""
    document = (FOLDER / "bench.yaml").read_text(encoding="utf-8")
    made = document[document.index(FIRST_MARK) : document.index(LAST_MARK) + len(LAST_MARK) + 1]
    assert made == text()


def test_every_image_of_the_document_can_be_deployed() -> None:
    """Also those that are written by hand: masked and sabotaged arms."""
    for arm in declared():
        if arm.image:
            assert images.digest_of(arm.image).startswith("sha256:")


def test_there_are_enough_known_bad_revisions_of_every_service() -> None:
    """At least 40 in all and several of each service."""
    bad = Counter(arm.service for arm in declared() if arm.kind is ArmKind.KNOWN_BAD)
    assert bad.total() >= 40
    assert set(bad) >= {service.name for service in SERVICES}
    assert min(bad[service.name] for service in SERVICES) >= 4


def test_no_two_faults_share_an_id() -> None:
    """An id leads to one fault."""
    ids = Counter(fault.id for fault in FAULTS.values())
    assert [name for name, number in ids.items() if number > 1] == []


def test_a_benign_revision_names_no_criterion_and_a_bad_one_does() -> None:
    """What must turn red is said for every fault, and for no change that is right."""
    with_arm = [fault for fault in FAULTS.values() if fault.has_arm]
    assert [fault.slug for fault in with_arm if fault.is_benign == bool(fault.criteria)] == []


def test_a_fault_that_makes_no_arm_has_one_by_hand_or_a_test() -> None:
    """What a single deployment does not show is shown otherwise."""
    platform = load_platform(FOLDER)
    proofs = {proof.id for proof in load_proofs(FOLDER, platform, load_catalogue(FOLDER, platform))}
    shown = proofs | {arm.id for arm in declared()}
    assert {f"{fault.id}-{fault.slug}" for fault in FAULTS.values() if not fault.has_arm} <= shown
