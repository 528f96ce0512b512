"""Each journey passes on the healthy platform, and fails for the right reason on a known-bad revision."""

from __future__ import annotations

import re
from functools import partial

import pytest

from journeys.checks import DemandNotMetError
from journeys.registry import JOURNEYS
from journeys.world import World
from sandbox.faults.registry import FAULTS
from tests.sandbox.journeys.conftest import Deploy

SEEN = {
    "self-approval": ("security_analyst_workflow", "/approve answered 200, wanted 403"),
    "score-inverted": ("security_analyst_workflow", "the risk of .* was .* before suspicious events"),
    "schema-drift": ("security_analyst_workflow", "a score without a risk"),
    "events-lost": ("security_analyst_workflow", "/events/evt_.* answered 404"),
    "citations-missing": ("security_analyst_workflow", "the answer does not cite"),
    "wrong-asset": ("security_analyst_workflow", "the threat is about another asset"),
    "policy-ignored": ("soc_manager_workflow", "a responder's approval was answered 200"),
    "delete-ignored": ("soc_manager_workflow", "was deleted and answers 200"),
    "sessions-kept": ("tenant_administrator_workflow", "the role was changed, and the old session works"),
    "foreign-accounts": ("tenant_administrator_workflow", "another tenant's account was answered 200"),
    "retries-stored": ("api_integrator_workflow", "a retried batch has other ids"),
    "page-short": ("api_integrator_workflow", "sent once and retried twice"),
    "times-shifted": ("api_integrator_workflow", "sent for .*, they happened"),
    "quota-untold": ("api_integrator_workflow", "6 requests left .* of 300"),
    "indicators-ignored": ("on_call_responder_workflow", "is known to be bad and was seen in"),
    "isolation-claimed": ("on_call_responder_workflow", "isolated ast_.*, and it is active"),
    "context-forgotten": ("assistant_user_workflow", "the answer forgets"),
    "conversation-shared": ("assistant_user_workflow", "a colleague's GET"),
    "stream-differs": ("assistant_user_workflow", "the sentences are not the answer"),
}
"""Fault → the journey that finds it, and what it says."""


@pytest.mark.parametrize("name", JOURNEYS)
def test_every_journey_passes_on_the_healthy_platform(world: World, name: str) -> None:
    """It goes to its end, tells how long each step took, and leaves nothing that can be removed."""
    JOURNEYS[name].take(world)
    world.clean()

    assert len(world.steps) >= 5
    assert all(step.seconds >= 0 for step in world.steps)
    assert world.leftovers == []


@pytest.mark.parametrize("slug", SEEN)
def test_a_known_bad_revision_fails_its_journey_and_is_blamed(
    world: World, deploy: Deploy, slug: str
) -> None:
    """The failure names what is wrong, and blames the service whose revision it is."""
    journey, words = SEEN[slug]
    service = FAULTS[slug].services[0]

    with deploy(service, slug), pytest.raises(DemandNotMetError) as failure:
        JOURNEYS[journey].take(world)

    assert re.search(words, str(failure.value)), str(failure.value)
    assert failure.value.blames == service


BENIGN = {
    "optional-field": "threat-detection",
    "new-endpoint": "event-processor",
    "five-percent-slower": "auth-service",
    "header-case": "api-gateway",
    "reordered": "asset-discovery",
    "wording": "decision-engine",
}
"""Change → a service that has it."""


@pytest.mark.parametrize("slug", BENIGN)
def test_a_change_that_is_right_alarms_no_journey(world: World, deploy: Deploy, slug: str) -> None:
    """Every journey gets through a revision that is only different."""
    with deploy(BENIGN[slug], slug):
        for journey in JOURNEYS.values():
            journey.take(world)


def test_every_benign_change_is_tried() -> None:
    """A change that is added to the registry is added here."""
    assert set(BENIGN) == {fault.slug for fault in FAULTS.values() if fault.is_benign}


def test_a_journey_that_fails_takes_away_what_it_had_made(world: World, deploy: Deploy) -> None:
    """The asset of a broken journey is gone afterwards, though nobody came to the step that deletes it."""
    with deploy("decision-engine", "policy-ignored"), pytest.raises(DemandNotMetError):
        JOURNEYS["soc_manager_workflow"].take(world)
    before = _labelled(world)

    world.clean()

    assert len(before) == 1
    assert _labelled(world) == []
    assert world.leftovers == []


def test_what_cannot_be_taken_away_is_told(world: World) -> None:
    """A refusal is a leftover with its reason; what is gone already is none."""
    gone = partial(world.ask, "manager", "DELETE", "asset-discovery", "/assets/ast_000000")
    refused = partial(world.ask, "analyst", "DELETE", "asset-discovery", "/assets/ast_000000")
    world.later("nothing", gone)
    world.later("asset", refused)

    world.clean()

    assert world.leftovers == ["asset: 403"]


def _labelled(world: World) -> list[str]:
    """Return the assets that carry the journey's label."""
    found: list[str] = []
    cursor = ""
    while True:
        page = world.read("manager", "asset-discovery", f"/assets?limit=200{cursor}")
        found += [item["id"] for item in page["items"] if world.label in item["tags"]]
        if not page["nextCursor"]:
            return found
        cursor = f"&cursor={page['nextCursor']}"
