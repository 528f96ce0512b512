"""Where a service goes back to, and in which order the services go."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.decision.rollback_plan import RollbackCase, plan_rollback, rollback_waves
from gates.errors import ConfigurationError, UsageError
from gates.model.platform import ServiceSpec
from gates.model.release import RevisionRef
from tests.support.fake_cloud import revision

GUIDE_PLANNED = (
    "frontend",
    "nlp-assistant",
    "decision-engine",
    "behavioral-analysis",
    "threat-detection",
    "event-processor",
    "asset-discovery",
    "auth-service",
    "api-gateway",
)
GUIDE_CALLS = {
    "frontend": ("api-gateway", "auth-service"),
    "nlp-assistant": ("decision-engine", "threat-detection", "auth-service"),
    "decision-engine": ("behavioral-analysis", "threat-detection", "auth-service"),
    "behavioral-analysis": ("event-processor", "auth-service"),
    "threat-detection": ("event-processor", "asset-discovery", "auth-service"),
    "event-processor": ("asset-discovery", "auth-service"),
    "asset-discovery": ("auth-service",),
    "auth-service": ("api-gateway",),
    "api-gateway": (),
}


def spec(name: str, *needs: str) -> ServiceSpec:
    """Return a service that depends on `needs`."""
    return ServiceSpec(name=name, title=name, tier="critical", depends_on=needs)


@st.composite
def platforms(draw: st.DrawFn) -> tuple[tuple[ServiceSpec, ...], frozenset[str]]:
    """Return an acyclic platform in a shuffled order, and some of its services."""
    names = [f"s{index}" for index in range(draw(st.integers(1, 9)))]
    specs = [
        spec(name, *draw(st.lists(st.sampled_from(names[:index]), unique=True) if index else st.just([])))
        for index, name in enumerate(names)
    ]
    return tuple(draw(st.permutations(specs))), draw(st.frozensets(st.sampled_from(names)))


def closure(specs: tuple[ServiceSpec, ...], name: str) -> set[str]:
    """Return all that `name` depends on, directly or not."""
    needs = {entry.name: entry.depends_on for entry in specs}
    found: set[str] = set()
    todo = [name]
    while todo:
        for needed in needs[todo.pop()]:
            if needed not in found:
                found.add(needed)
                todo.append(needed)
    return found


@given(platforms())
def test_every_service_is_in_one_wave_before_what_it_depends_on(
    case: tuple[tuple[ServiceSpec, ...], frozenset[str]],
) -> None:
    """Waves hold each service once, dependants strictly before what they depend on, even through others."""
    specs, chosen = case
    waves = rollback_waves(specs, chosen)
    level = {name: number for number, wave in enumerate(waves) for name in wave}
    assert sorted(name for wave in waves for name in wave) == sorted(chosen)
    assert all(waves)
    for name in chosen:
        for needed in closure(specs, name) & chosen:
            assert level[name] < level[needed]


@given(platforms())
def test_no_service_waits_without_a_reason(case: tuple[tuple[ServiceSpec, ...], frozenset[str]]) -> None:
    """A service outside the first wave has a dependant in the wave just before it."""
    specs, chosen = case
    waves = rollback_waves(specs, chosen)
    for before, wave in pairwise(waves):
        for name in wave:
            assert any(name in closure(specs, dependant) for dependant in before)


def test_the_planned_list_of_the_guide_is_a_valid_order() -> None:
    """The guide's planned list never puts a service before one that depends on it."""
    specs = tuple(spec(name, *needs) for name, needs in GUIDE_CALLS.items())
    for index, name in enumerate(GUIDE_PLANNED):
        assert closure(specs, name) <= set(GUIDE_PLANNED[index + 1 :])
    waves = rollback_waves(specs, GUIDE_PLANNED)
    assert waves[0] == ("frontend", "nlp-assistant")
    assert waves[-2:] == (("auth-service",), ("api-gateway",))


def test_a_circle_is_named() -> None:
    """Services that depend on each other in a circle are refused with the circle."""
    with pytest.raises(ConfigurationError, match=r"circle: .*a.*b|circle: .*b.*a"):
        rollback_waves((spec("a", "b"), spec("b", "a")), ("a",))


NEW, MID, OLD = revision("r3", 1), revision("r2", 2), revision("r1", 3)
CASE = RollbackCase(service="a", bad="r3", reason="too slow", revisions=(NEW, MID, OLD))


def go(*names: str) -> tuple[RevisionRef, ...]:
    """Return recorded GOs of revisions as `revision` builds them."""
    return tuple(RevisionRef(name=name, digest=f"sha256:{name}") for name in names)


@pytest.mark.parametrize(
    ("case", "target", "is_verified"),
    [
        (CASE, "r2", False),
        (replace(CASE, verified=go("r1")), "r1", True),
        (replace(CASE, verified=go("r1", "r2")), "r2", True),
        (replace(CASE, verified=go("r1", "r2"), quarantined=frozenset({"r2"})), "r1", True),
        (replace(CASE, verified=go("r3")), "r2", False),
        (replace(CASE, quarantined=frozenset({"r2"})), "r1", False),
        (replace(CASE, bad="r1", verified=go("r2", "r3")), "r3", True),
        (replace(CASE, bad="r2", verified=go("r1", "r3")), "r1", True),
        (replace(CASE, bad="gone"), "r3", False),
        (replace(CASE, revisions=(NEW, replace(MID, is_ready=False), OLD), verified=go("r2")), "r1", False),
        (replace(CASE, verified=(RevisionRef(name="r1", digest="sha256:other"),)), "r2", False),
        (replace(CASE, wanted="r1"), "r1", False),
        (replace(CASE, wanted="r1", verified=go("r1")), "r1", True),
        (replace(CASE, wanted="r2", quarantined=frozenset({"r2"})), "r2", False),
    ],
)
def test_the_target_is_the_newest_one_with_a_go(
    case: RollbackCase, target: str, *, is_verified: bool
) -> None:
    """A recorded GO beats newness, older beats newer, quarantine excludes, a named target is taken."""
    (action,) = plan_rollback((case,), (spec("a"),)).actions
    assert (action.from_revision, action.to_revision) == (case.bad, target)
    assert action.is_target_verified is is_verified
    assert ("NOT VERIFIED" in action.reason) is not is_verified


def test_going_back_to_a_revision_that_was_rolled_back_warns() -> None:
    """A person may name a quarantined target, and the plan says so."""
    case = replace(CASE, wanted="r2", quarantined=frozenset({"r2"}))
    assert "WARNING" in plan_rollback((case,), (spec("a"),)).actions[0].reason


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (replace(CASE, revisions=(NEW,)), "its only revision is r3"),
        (replace(CASE, revisions=()), "its only revision is r3"),
        (replace(CASE, bad="r1"), "no ready revision before r1"),
        (replace(CASE, quarantined=frozenset({"r1", "r2"})), "no ready revision before r3"),
        (replace(CASE, wanted="r9"), "r9 does not exist; the newest are: r3, r2, r1"),
        (replace(CASE, wanted="r2", revisions=(NEW, replace(MID, is_ready=False, detail="oom"))), "oom"),
    ],
)
def test_a_service_without_a_target_is_impossible_and_says_why(case: RollbackCase, why: str) -> None:
    """Nothing is invented: without a target the service is reported, and the others still go."""
    other = replace(CASE, service="b")
    plan = plan_rollback((case, other), (spec("a"), spec("b")))
    assert [action.service for action in plan.actions] == ["b"]
    ((service, reason),) = plan.impossible
    assert service == "a"
    assert why in reason


def test_unknown_and_repeated_services_are_refused() -> None:
    """A name that the platform does not know is a usage error, and so is one that comes twice."""
    with pytest.raises(UsageError, match="unknown service 'a'"):
        plan_rollback((CASE,), (spec("b"),))
    with pytest.raises(UsageError, match="a is named twice"):
        plan_rollback((CASE, CASE), (spec("a"),))


def test_an_empty_list_plans_nothing() -> None:
    """No case, no wave."""
    plan = plan_rollback((), (spec("a"),))
    assert plan.waves == ()
    assert plan.impossible == ()
