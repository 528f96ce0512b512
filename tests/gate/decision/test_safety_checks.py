"""What speaks against a rollback, and what lifts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gates.decision.safety_checks import Guard, GuardFacts, Objection, objections, without_refused
from gates.model.decision import RollbackPlan
from gates.model.rollback_policy import Freeze
from gates.model.state import RevisionState
from tests.support.builders import back

NOW = datetime(2025, 12, 24, 12, tzinfo=UTC)


def revision(name: str, **annotations: str) -> RevisionState:
    """Return a ready revision with annotations; underscores of a name are dashes."""
    return RevisionState(
        name=name,
        image="i",
        digest=f"sha256:{name}",
        created_at=NOW,
        is_ready=True,
        annotations=tuple((f"gate/{key.replace('_', '-')}", value) for key, value in annotations.items()),
    )


def plan(*services: str) -> RollbackPlan:
    """Return a plan of one wave."""
    return RollbackPlan(waves=(tuple(back(name) for name in services),))


def facts(revisions: Mapping[str, RevisionState], **more: object) -> GuardFacts:
    """Return facts about services that serve their second revision."""
    services = {name.partition("-")[0] for name in revisions}
    by_service = {s: [r for name, r in revisions.items() if name.startswith(s)] for s in services}
    serving = {service: f"{service}-2" for service in services}
    return GuardFacts(revisions=by_service, serving=serving, **more)  # type: ignore[arg-type]


def said(of: RollbackPlan, found: GuardFacts) -> list[tuple[str, Guard]]:
    """Return who objects to what."""
    return [(objection.service, objection.guard) for objection in objections(of, found, now=NOW)]


PLAIN = {name: revision(name) for name in ("a-1", "a-2", "b-1", "b-2")}


def test_what_says_nothing_raises_no_objection() -> None:
    """Revisions without annotations, with their images, unmarked, outside a freeze."""
    assert said(plan("a", "b"), facts(PLAIN)) == []
    assert objections(RollbackPlan(), facts(PLAIN), now=NOW) == ()


@pytest.mark.parametrize(
    ("written", "reads", "found"),
    [("7", "5-7", 0), ("8", "5-7", 1), ("4", "5-7", 1), ("5", "5", 0), ("x", "5-7", 1), ("7", "", 0)],
)
def test_data_that_the_target_cannot_read_is_an_objection(written: str, reads: str, found: int) -> None:
    """A migration that the old revision does not know makes the way back unsafe; so does no number."""
    known = {"a-1": revision("a-1", reads_schema=reads), "a-2": revision("a-2", schema=written)}

    assert said(plan("a"), facts(known)) == [("a", Guard.SCHEMA)] * found


def test_a_service_that_stays_and_needs_more_than_the_target_offers_objects() -> None:
    """Unless it goes back too, to a revision that needs less."""
    known = {
        "a-1": revision("a-1", api="1"),
        "a-2": revision("a-2", api="2"),
        "b-1": revision("b-1", needs="a=1"),
        "b-2": revision("b-2", needs="a=2-3 c=1"),
    }
    (objection,) = objections(plan("a"), facts(known), now=NOW)

    assert (objection.service, objection.guard) == ("a", Guard.DEPENDANTS)
    assert objection.detail == "b (b-2) needs version 2-3 of it, a-1 offers 1"
    assert said(plan("b", "a"), facts(known)) == []


def test_an_image_that_is_gone_and_a_target_that_was_bad_object() -> None:
    """Each about its own service."""
    found = facts(
        PLAIN, missing_images=frozenset({("a", "a-1")}), quarantined=frozenset({("b", "b-1"), ("b", "b-2")})
    )

    assert said(plan("a", "b"), found) == [("a", Guard.IMAGE), ("b", Guard.QUARANTINE)]


def test_a_freeze_objects_from_its_start_until_its_end() -> None:
    """The end itself is free again."""
    freeze = Freeze(starts=NOW, ends=NOW + timedelta(hours=1), reason="holidays")

    assert said(plan("a"), facts(PLAIN, freezes=(freeze,))) == [("a", Guard.FREEZE)]
    past = replace(freeze, starts=NOW - timedelta(hours=1), ends=NOW)
    assert said(plan("a"), facts(PLAIN, freezes=(past,))) == []


def test_a_refused_service_leaves_the_plan_and_says_what_would_lift_it() -> None:
    """A word for its guard keeps it; a word for another guard does not."""
    found = [Objection(service="a", guard=Guard.SCHEMA, detail="cannot read it")]

    refused = without_refused(plan("a", "b"), found, {Guard.FREEZE: "INC-7"})
    assert [action.service for action in refused.actions] == ["b"]
    assert refused.impossible == (("a", "cannot read it; to go all the same: --override schema=REASON"),)
    assert without_refused(plan("a", "b"), found, {Guard.SCHEMA: "INC-7"}) == plan("a", "b")
    assert without_refused(plan("a"), found, {}).waves == ()
