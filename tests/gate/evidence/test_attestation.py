"""A statement is evidence when it is good, live and about exactly this; otherwise it says why not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gates.evidence.attestation import Reading, attested, waivers
from gates.judgement.judge import judge
from gates.model.criterion import PLATFORM, Catalogue, Criterion, Priority, Severity
from gates.model.evidence import EvidenceBundle
from gates.model.judgement import Outcome
from gates.model.statement import SeenStatement, StatementKind, platform_digest
from tests.support.builders import NOW, criterion, release
from tests.support.signing import PLATFORM as NAME
from tests.support.signing import seen

READING = Reading(release=release(), platform=NAME, independent=("OPS-01",), now=NOW)


def demand(**changes: Any) -> Criterion:
    """Return a criterion that the change manager attests, for the platform."""
    values = {"id": "OPS-05", "producers": (), "attested_by": "change-manager", "services": (PLATFORM,)}
    return criterion(**{**values, "severity": Severity.CRITICAL, "priority": Priority.P2, **changes})


def read(*statements: SeenStatement, demanded: Criterion | None = None) -> EvidenceBundle:
    """Return the evidence of statements about one demand."""
    wanted = demanded or demand()
    return attested(statements, [wanted], Catalogue(criteria=(wanted,), digest="x"), READING)


def outcome(bundle: EvidenceBundle, demanded: Criterion | None = None) -> tuple[Outcome, str]:
    """Judge the demand on a bundle."""
    (judgement,) = judge([demanded or demand()], bundle, now=NOW)
    return judgement.outcome, judgement.reason


def test_a_good_statement_is_green() -> None:
    """It passes, and says who answers for it."""
    assert outcome(read(seen()))[0] is Outcome.PASS
    assert "person-one (change-manager) attests it" in read(seen()).items[0].reason


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (seen(expires_at=NOW), "expired"),
        (seen(issued_at=NOW + timedelta(minutes=5)), "from the future"),
        (seen(role="team-lead"), "signed as team-lead"),
        (seen(digest="sha256:other"), "another set of revisions"),
        (seen(digest=platform_digest(NAME)), "another set of revisions"),
        (seen("signed with a key that nobody knows"), "nobody knows"),
        (seen("it is not signed yet"), "not signed"),
    ],
)
def test_a_statement_that_does_not_count_is_never_green(wrong: SeenStatement, said: str) -> None:
    """The demand stays open, and the reason names the defect and who is waited for."""
    found, reason = outcome(read(wrong))
    assert found is Outcome.INCONCLUSIVE
    assert said in reason
    assert "waits for the change-manager" in reason


def test_a_statement_of_another_environment_or_criterion_is_not_heard() -> None:
    """Nothing was said here."""
    assert read(seen(environment="staging")).items == ()
    assert "not attested: waits for the change-manager" in outcome(read(seen(environment="staging")))[1]


def test_an_unknown_criterion_and_a_damaged_file_are_flaws() -> None:
    """Something was said that nobody can read: the bundle can never support GO."""
    broken = SeenStatement(file="x.json", statement=None, objection="cut", is_damaged=True)
    assert len(read(seen(subject="OPS-99"), broken, seen()).flaws) == 2


def test_a_good_statement_outweighs_old_ones_and_a_refusal_outweighs_it() -> None:
    """History does not block; a live no does."""
    old = seen(expires_at=NOW)
    assert outcome(read(old, seen()))[0] is Outcome.PASS
    assert outcome(read(old, seen(), seen(refuses=True)))[0] is Outcome.FAIL
    assert outcome(read(seen(), seen(refuses=True, expires_at=NOW)))[0] is Outcome.PASS


def test_what_no_release_changes_is_stated_about_the_platform() -> None:
    """Such a statement is bound to the platform, not to a release."""
    training = demand(id="OPS-01")
    about = seen(subject="OPS-01", digest=platform_digest(NAME))
    assert outcome(read(about, demanded=training), training)[0] is Outcome.PASS
    assert outcome(read(seen(subject="OPS-01"), demanded=training), training)[0] is Outcome.INCONCLUSIVE


def test_producers_and_attestation_are_both_needed() -> None:
    """A signature does not replace a check that was named."""
    both = demand(producers=("tests/a.py::test_a",))
    found, reason = outcome(read(seen(), demanded=both), both)
    assert found is Outcome.INCONCLUSIVE
    assert "delivered nothing" in reason


def test_one_statement_covers_every_service_of_the_demand() -> None:
    """Bound to each candidate by itself."""
    wide = demand(services=("auth-service",))
    (item,) = read(seen(), demanded=wide).items
    assert (item.subject.service, item.subject.revision) == ("auth-service", "auth-service-00002")
    assert outcome(read(seen(), demanded=wide), wide)[0] is Outcome.PASS


def test_a_waiver_of_the_owner_holds() -> None:
    """For this release, until it expires."""
    mild = demand(owner="change-manager")
    found = waivers([seen(kind=StatementKind.WAIVER)], Catalogue(criteria=(mild,), digest="x"), READING)
    assert [(w.criterion, w.approved_by, w.role) for w in found] == [
        ("OPS-05", "person-one", "change-manager")
    ]


@pytest.mark.parametrize(
    ("criterion_changes", "statement_changes"),
    [
        ({"severity": Severity.BLOCKER}, {}),
        ({"priority": Priority.P0}, {}),
        ({"owner": "product-owner"}, {}),
        ({}, {"expires_at": NOW}),
        ({}, {"expires_at": NOW + timedelta(days=60)}),
        ({}, {"digest": "sha256:other"}),
        ({}, {"environment": "staging"}),
        ({}, {"service": "frontend"}),
        ({}, {"objection": "forged"}),
        ({}, {"kind": StatementKind.ATTESTATION}),
        ({}, {"subject": "OPS-99"}),
        ({}, {"refuses": True}),
    ],
)
def test_a_waiver_that_does_not_hold_equals_none(
    criterion_changes: dict[str, Any], statement_changes: dict[str, Any]
) -> None:
    """Blockers, P0, other owners, expired, too long, of another release, place or service, unsigned."""
    mild = demand(**{"owner": "change-manager", **criterion_changes})
    said = seen(**{"kind": StatementKind.WAIVER, **statement_changes})
    assert waivers([said], Catalogue(criteria=(mild,), digest="x"), READING) == ()
