"""Revisions: their order, their deletion, and what the retention limit removes."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from tests.sandbox.admin.local_cloud import PARENT, LocalCloud, floating, pinned, short

SERVICE = f"{PARENT}/services/svc"


def delete(cloud: LocalCloud, revision: str) -> None:
    """Delete a revision by its short name."""
    cloud.succeed(cloud.revisions.delete_revision(name=f"{SERVICE}/revisions/{revision}").operation.name)


def test_revisions_are_listed_newest_first_in_pages(cloud: LocalCloud) -> None:
    """A page never repeats or drops one."""
    names = [short(cloud.create().latest_ready_revision), *(cloud.deploy(f"img:{n}") for n in range(2, 7))]
    pages = cloud.revisions.list_revisions(
        request=run_v2.ListRevisionsRequest(parent=SERVICE, page_size=4)
    ).pages
    assert [[short(one.name) for one in page.revisions] for page in pages] == [names[:1:-1], names[1::-1]]


def test_the_revisions_of_all_services_can_be_listed(cloud: LocalCloud) -> None:
    """The service id `-` stands for every service; an unknown one is NOT_FOUND."""
    cloud.create("svc-a")
    cloud.create("svc-b")
    listed = cloud.revisions.list_revisions(parent=f"{PARENT}/services/-")
    assert {one.service for one in listed} == {"svc-a", "svc-b"}
    with pytest.raises(exceptions.NotFound):
        cloud.revisions.list_revisions(parent=f"{PARENT}/services/nope")


def test_an_unreferenced_revision_can_be_deleted(cloud: LocalCloud) -> None:
    """It is gone afterwards, and traffic can no longer be given to it."""
    first = short(cloud.create().latest_ready_revision)
    second = cloud.deploy("img:2")
    delete(cloud, first)
    assert cloud.revision_names() == [second]
    assert cloud.wait(cloud.begin_update("svc", ["traffic"], traffic=[pinned(first)])).error.code == 13


def test_the_latest_the_serving_and_the_tagged_revision_cannot_be_deleted(cloud: LocalCloud) -> None:
    """Whatever the service refers to stays."""
    serving = short(cloud.create().latest_ready_revision)
    tagged = cloud.deploy("img:2")
    cloud.shift(pinned(serving), pinned(tagged, 0, "candidate"))
    latest = cloud.deploy("img:3")
    for revision in (serving, tagged, latest):
        with pytest.raises(exceptions.FailedPrecondition):
            delete(cloud, revision)
    assert len(cloud.revision_names()) == 3


def test_deletion_honours_the_etag_and_validate_only(cloud: LocalCloud) -> None:
    """A stale etag is ABORTED; a dry deletion deletes nothing."""
    name = cloud.create().latest_ready_revision
    cloud.deploy("img:2")
    with pytest.raises(exceptions.Aborted):
        cloud.revisions.delete_revision(request=run_v2.DeleteRevisionRequest(name=name, etag='"stale"'))
    dry = cloud.revisions.delete_revision(request=run_v2.DeleteRevisionRequest(name=name, validate_only=True))
    assert dry.operation.done
    assert len(cloud.revision_names()) == 2


def test_the_retention_limit_removes_the_oldest_that_nothing_refers_to(cloud: LocalCloud) -> None:
    """A tag keeps an old revision; the rest goes oldest first."""
    kept = short(cloud.create().latest_ready_revision)
    cloud.shift(floating(), pinned(kept, 0, "stable"))
    cloud.turn(revision_limit=3)
    later = [cloud.deploy(f"img:{n}") for n in range(2, 6)]
    assert cloud.revision_names() == [later[3], later[2], kept]
    with pytest.raises(exceptions.NotFound):
        cloud.revisions.get_revision(name=f"{SERVICE}/revisions/{later[0]}")


def test_a_failed_revision_says_why(cloud: LocalCloud) -> None:
    """Its Ready condition carries the data plane's message and the reason of a failed container."""
    cloud.create()
    cloud.plane.broken.add("img:bad")
    body = run_v2.RevisionTemplate(containers=[run_v2.Container(image="img:bad")])
    cloud.wait(cloud.begin_update("svc", ["template"], template=body))
    revision = cloud.revisions.get_revision(name=cloud.get().latest_created_revision)
    ready = next(one for one in revision.conditions if one.type_ == "Ready")
    assert ready.state == run_v2.Condition.State.CONDITION_FAILED
    assert "failed to start and listen" in ready.message
    assert ready.revision_reason == run_v2.Condition.RevisionReason.HEALTH_CHECK_CONTAINER_ERROR
