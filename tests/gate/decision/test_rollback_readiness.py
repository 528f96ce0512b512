"""A go-live needs a fresh proof of exactly the way back that a rollback would take now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gates.decision.rollback_readiness import unproven
from gates.model.decision import RollbackPlan, Target
from gates.model.drill import DrillKind, DrillRecord
from tests.support.builders import NOW, back, drill

ACTION = back("auth-service", from_revision="r2", to_revision="r1", reason="the way back")
PLAN = RollbackPlan(waves=((ACTION,),))
TARGET = Target(action=ACTION, digest="sha256:1")
PROOF = drill(
    kind=DrillKind.WAY_BACK,
    subject="auth-service",
    fingerprint=TARGET.identity,
    rto_s=0.1,
    rpo_s=0.0,
    at=NOW - timedelta(hours=23),
    detail="r1 answers",
)


def missing(*proofs: DrillRecord, plan: RollbackPlan = PLAN) -> tuple[str, ...]:
    """Return what is missing now."""
    return unproven(plan, (TARGET,), proofs, now=NOW, max_age=timedelta(hours=24))


def test_a_fresh_proof_of_this_target_is_enough() -> None:
    """Whatever was proven or failed before."""
    assert missing(PROOF) == ()
    assert missing(PROOF, replace(PROOF, passed=False)) == ()


@pytest.mark.parametrize(
    ("proofs", "why"),
    [
        ((), "never verified"),
        ((replace(PROOF, subject="frontend"),), "never verified"),
        ((replace(PROOF, kind=DrillKind.ROLLBACK),), "never verified"),
        ((replace(PROOF, fingerprint="r0@sha256:1"), PROOF), "about r0"),
        ((replace(PROOF, fingerprint="r1@sha256:other"),), "about r1"),
        ((replace(PROOF, passed=False, detail="/readyz answers 503"), PROOF), "/readyz answers 503"),
        ((replace(PROOF, at=NOW - timedelta(hours=25)),), "the proof is of"),
        ((replace(PROOF, at=NOW + timedelta(minutes=5)),), "the proof is of"),
    ],
)
def test_anything_else_is_no_proof(proofs: tuple[DrillRecord, ...], why: str) -> None:
    """None, of another service, kind, revision or image, a failed newest one, an old one, one of tomorrow."""
    (said,) = missing(*proofs)
    assert said.startswith("auth-service → r1: ")
    assert why in said


def test_a_service_without_a_way_back_is_never_proven() -> None:
    """A plan that cannot bring it back has nothing that could be proven."""
    plan = RollbackPlan(impossible=(("frontend", "there is no revision but r1"),))
    assert missing(PROOF, plan=plan)[0] == "frontend has nothing to go back to: there is no revision but r1"
