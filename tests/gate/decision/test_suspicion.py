"""Which service is suspected: what failed, and what was deployed last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gates.decision.suspicion import newest_first, suspects
from gates.model.diagnosis import Deployment
from gates.model.judgement import Judgement, Outcome
from tests.support.builders import criterion

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def deployed(service: str, *, minutes: int, earlier: str = "before", has_go: bool = False) -> Deployment:
    """Return a deployment of some minutes ago."""
    at = NOW - timedelta(minutes=minutes)
    return Deployment(service=service, revision=f"{service}-2", at=at, earlier=earlier, has_go=has_go)


def failure(*blames: str, name: str = "X-1") -> Judgement:
    """Return a failed judgement that blames services."""
    return Judgement(
        criterion=criterion(id=name), service=blames[0], outcome=Outcome.FAIL, reason="no", blames=blames
    )


def test_nothing_failed_so_nothing_is_suspected() -> None:
    """However lately something was deployed."""
    assert suspects([], [deployed("a", minutes=1)]) == ()


def test_a_blamed_service_without_a_go_comes_first() -> None:
    """Before a newer one that nothing blames; with the criteria that blame it, each once."""
    found = suspects(
        [failure("a"), failure("a", "b"), failure("a", name="X-2")],
        [deployed("c", minutes=1), deployed("a", minutes=5), deployed("b", minutes=3, has_go=True)],
    )
    assert [(one.deployment.service, one.blamed_by) for one in found] == [("a", ("X-1", "X-2"))]


def test_of_several_blamed_ones_the_newest_comes_first() -> None:
    """It is what changed last before it broke."""
    found = suspects([failure("a", "b")], [deployed("a", minutes=9), deployed("b", minutes=2)])
    assert [one.deployment.service for one in found] == ["b", "a"]


def test_a_bystander_s_failure_leads_to_what_was_deployed_last() -> None:
    """The one that is blamed has a GO on record or nothing to go back to."""
    found = suspects(
        [failure("gateway")],
        [
            deployed("gateway", minutes=900, earlier=""),
            deployed("old", minutes=800, has_go=True),
            deployed("new", minutes=2),
        ],
    )
    assert [(one.deployment.service, one.blamed_by) for one in found] == [("new", ())]


@pytest.mark.parametrize(("has_go", "names"), [(True, ["a"]), (False, [])])
def test_a_service_that_has_a_go_is_suspected_last_and_one_that_cannot_go_back_never(
    *, has_go: bool, names: list[str]
) -> None:
    """What cannot be rolled back is not named, so that nobody types a command that cannot help."""
    one = deployed("a", minutes=9, has_go=True) if has_go else deployed("a", minutes=9, earlier="")
    assert [found.deployment.service for found in suspects([failure("a")], [one])] == names


def test_deployments_are_listed_newest_first() -> None:
    """Whatever order the platform lists its services in."""
    found = newest_first([deployed("a", minutes=9), deployed("b", minutes=1), deployed("c", minutes=5)])
    assert [one.service for one in found] == ["b", "c", "a"]
