"""Which revisions are under test, and what a person is told about how they were found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gates.decision.candidates import FoundRelease, ServiceView, find_release
from gates.errors import UsageError
from gates.model.platform import ServiceSpec
from gates.model.release import Release, RevisionRef, ServiceRelease
from gates.model.state import RevisionState
from tests.support import builders
from tests.support.builders import NOW, release

SPECS = (ServiceSpec(name="a", title="a", tier="critical"),)


def revision(number: int) -> RevisionState:
    """Return a ready revision of service a; a higher number is newer."""
    return RevisionState(
        name=f"a-{number}",
        image=f"a:{number}",
        digest=f"sha256:{number}",
        created_at=NOW + timedelta(hours=number),
        is_ready=True,
    )


A_3 = RevisionRef(name="a-3", digest="sha256:3")
VIEW = ServiceView(
    state=builders.state("a", newest="a-3"),
    revisions=(revision(3), revision(2), revision(1)),
    verified=(RevisionRef(name="a-2", digest="sha256:2"),),
    quarantined=frozenset(),
)


def found(view: ServiceView, **wanted: str) -> FoundRelease:
    """Return the release of service a as seen."""
    return find_release([view], SPECS, release_id="r", environment="e", wanted=wanted)


def test_the_newest_ready_revision_is_the_candidate() -> None:
    """Its baseline is the last that went; there is nothing to tell."""
    (entry,) = found(VIEW).release.services

    assert (entry.candidate.name, entry.candidate_verified) == ("a-3", False)
    assert (entry.baseline, entry.baseline_verified) == (RevisionRef(name="a-2", digest="sha256:2"), True)
    assert found(VIEW).notes == ()


def test_a_named_revision_is_the_candidate() -> None:
    """A person knows better, and what went before is said to have gone."""
    (entry,) = found(VIEW, a="a-2").release.services

    assert (entry.candidate.name, entry.candidate_verified) == ("a-2", True)


def test_what_went_lately_or_was_named_is_watched() -> None:
    """Nobody else is."""
    fresh = replace(VIEW, verified=(A_3,), watched=frozenset({A_3}))

    assert found(fresh).release.services[0].is_watched
    assert found(VIEW, a="a-2").release.services[0].is_watched
    assert not found(VIEW).release.services[0].is_watched
    assert not found(replace(fresh, watched=frozenset())).release.services[0].is_watched


def test_what_was_rolled_back_is_no_candidate_again() -> None:
    """The one that serves is, and the note says why."""
    state = replace(VIEW.state, serving=(("a-2", 100),), traffic=VIEW.state.traffic.all_to("a-2"))
    seen = found(replace(VIEW, state=state, quarantined=frozenset({"a-3"})))

    assert seen.release.services[0].candidate.name == "a-2"
    looked_at, is_pinned = seen.notes
    assert looked_at.startswith("a: looking at a-2, ")
    assert "a-3, was rolled back as bad" in looked_at
    assert is_pinned == "a is pinned: a new deployment gets no traffic until it is unpinned"


def test_a_deployment_that_never_came_up_is_told() -> None:
    """It is not under test, and nobody believes that it is."""
    seen = found(replace(VIEW, state=replace(VIEW.state, latest_created="a-4")))

    assert seen.release.services[0].candidate.name == "a-3"
    assert seen.notes == ("a: a-4 was deployed but is not ready",)


def test_another_tool_that_deploys_the_service_is_named() -> None:
    """It would set the traffic again after a rollback."""
    (note,) = found(replace(VIEW, state=replace(VIEW.state, managed_by="Terraform"))).notes
    assert note.startswith("a is managed by Terraform: ")


def test_a_first_release_has_no_baseline() -> None:
    """There is nothing to go back to."""
    (entry,) = found(replace(VIEW, revisions=(revision(3),), verified=())).release.services

    assert (entry.baseline, entry.baseline_verified) == (None, False)


@pytest.mark.parametrize(
    ("view", "wanted", "said"),
    [
        (VIEW, {"b": "b-1"}, "unknown service 'b'"),
        (VIEW, {"a": "a-9"}, "a has no revision a-9"),
        (
            replace(VIEW, state=replace(VIEW.state, latest_ready="", latest_created=""), revisions=()),
            {},
            r"a has no revision \(none is ready\)",
        ),
    ],
)
def test_what_does_not_exist_is_refused(view: ServiceView, wanted: dict[str, str], said: str) -> None:
    """A service, a revision, or any revision at all."""
    with pytest.raises(UsageError, match=said):
        found(view, **wanted)


def test_a_release_names_services_and_each_once() -> None:
    """Of nothing, or of two candidates for one service, no verdict means anything."""
    (entry,) = release().services
    for services in ((), (entry, entry)):
        with pytest.raises(ValueError, match=r"at least one|twice"):
            Release(id="r", environment="e", services=services)


def test_no_revision_is_its_own_baseline() -> None:
    """Going back to what is left would go nowhere."""
    same = RevisionRef(name="a-1", digest="sha256:1")
    with pytest.raises(ValueError, match="candidate and baseline are both a-1"):
        ServiceRelease(service="a", candidate=same, baseline=same)
