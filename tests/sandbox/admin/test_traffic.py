"""Where requests go after a write: following, pinning, splits, tags and what can go wrong."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import run_v2

from tests.sandbox.admin.local_cloud import LocalCloud, floating, pinned, short, template


def routed(cloud: LocalCloud, service: str = "svc") -> list[tuple[str, int, str]]:
    """Return the route in force as (revision, percent, tag)."""
    return [(target.revision, target.percent, target.tag) for target in cloud.plane.routes[service].targets]


def serving(service: run_v2.Service) -> list[tuple[str, int]]:
    """Return the applied split as the service reports it."""
    return [(target.revision, target.percent) for target in service.traffic_statuses]


def test_traffic_follows_the_latest_ready_revision_by_default(cloud: LocalCloud) -> None:
    """An empty traffic list floats with every deployment."""
    cloud.create()
    second = cloud.deploy("img:2")
    assert routed(cloud) == [(second, 100, "")]


def test_a_rollback_pins_the_service(cloud: LocalCloud) -> None:
    """After traffic was given to a revision by name, the next good deployment gets none."""
    first = short(cloud.create().latest_ready_revision)
    cloud.deploy("img:2")
    cloud.shift(pinned(first))
    third = cloud.deploy("img:3")
    after = cloud.get()
    assert routed(cloud) == [(first, 100, "")]
    assert short(after.latest_ready_revision) == third
    assert serving(after) == [(first, 100)]


def test_traffic_to_latest_unpins(cloud: LocalCloud) -> None:
    """A LATEST target follows again at once."""
    first = short(cloud.create().latest_ready_revision)
    cloud.shift(pinned(first))
    second = cloud.deploy("img:2")
    cloud.shift(floating())
    assert routed(cloud) == [(second, 100, "")]


def test_tags_that_are_not_repeated_are_lost(cloud: LocalCloud) -> None:
    """The traffic list is replaced whole; a tag gets its URL while it is there."""
    first = short(cloud.create().latest_ready_revision)
    tagged = cloud.shift(pinned(first), pinned(first, 0, "stable"))
    assert [one.uri for one in tagged.traffic_statuses] == ["", "https://stable---svc.us-central1.run.test"]
    assert routed(cloud) == [(first, 100, ""), (first, 0, "stable")]
    cloud.shift(pinned(first))
    assert routed(cloud) == [(first, 100, "")]


def test_an_unknown_revision_is_accepted_and_fails_in_the_operation(cloud: LocalCloud) -> None:
    """The write succeeds, the operation ends with code 13, and the last serving state stays."""
    first = short(cloud.create().latest_ready_revision)
    cloud.shift(pinned(first))
    done = cloud.wait(cloud.begin_update("svc", ["traffic"], traffic=[pinned("svc-00099-zzz")]))
    after = cloud.get()
    assert done.error.code == 13
    assert "does not exist or is deleted" in done.error.message
    assert serving(after) == [(first, 100)]
    assert after.observed_generation < after.generation
    assert after.terminal_condition.state == run_v2.Condition.State.CONDITION_FAILED
    assert not after.reconciling
    assert routed(cloud) == [(first, 100, "")]


def test_a_broken_deployment_leaves_the_old_revision_serving(cloud: LocalCloud) -> None:
    """The operation ends with code 9; latest created and latest ready differ."""
    first = short(cloud.create().latest_ready_revision)
    cloud.plane.broken.add("img:bad")
    done = cloud.wait(cloud.begin_update("svc", ["template"], template=template("img:bad")))
    after = cloud.get()
    assert done.error.code == 9
    assert short(after.latest_ready_revision) == first != short(after.latest_created_revision)
    assert routed(cloud) == [(first, 100, "")]


@pytest.mark.parametrize("percent_and_tag", [(100, ""), (0, "candidate")])
def test_a_target_that_is_not_ready_fails_the_operation(
    cloud: LocalCloud, percent_and_tag: tuple[int, str]
) -> None:
    """Neither traffic nor a tag can be given to a revision that never became ready."""
    first = short(cloud.create().latest_ready_revision)
    cloud.plane.broken.add("img:bad")
    cloud.wait(cloud.begin_update("svc", ["template"], template=template("img:bad")))
    bad = short(cloud.get().latest_created_revision)
    cloud.plane.broken.clear()
    percent, tag = percent_and_tag
    rest = [pinned(first, 100 - percent)] if percent < 100 else []
    done = cloud.wait(cloud.begin_update("svc", ["traffic"], traffic=[*rest, pinned(bad, percent, tag)]))
    assert done.error.code == 9
    assert "is not ready and cannot serve traffic" in done.error.message
    assert routed(cloud) == [(first, 100, "")]


def test_an_idle_revision_whose_image_is_gone_cannot_take_traffic(cloud: LocalCloud) -> None:
    """A serving revision survives the deletion of its image, an idle one does not start again."""
    first = short(cloud.create().latest_ready_revision)
    second = cloud.deploy("img:2")
    cloud.plane.missing.update({"img:1", "img:2"})
    done = cloud.wait(cloud.begin_update("svc", ["traffic"], traffic=[pinned(first)]))
    assert done.error.code == 9
    assert routed(cloud) == [(second, 100, "")]
    cloud.shift(pinned(second))


def test_a_revision_is_started_before_the_route_names_it(cloud: LocalCloud) -> None:
    """An idle rollback target runs again by the time it is routed to."""
    first = short(cloud.create().latest_ready_revision)
    cloud.deploy("img:2")
    assert first not in cloud.plane.running
    cloud.shift(pinned(first))
    assert first in cloud.plane.running


def test_the_operation_is_done_before_the_traffic_moves(cloud: LocalCloud) -> None:
    """With a lag the service reports the new split while the old one still routes."""
    first = short(cloud.create().latest_ready_revision)
    second = cloud.deploy("img:2")
    cloud.turn(traffic_lag_s=3600.0)
    after = cloud.shift(pinned(first))
    assert serving(after) == [(first, 100)]
    assert not after.reconciling
    assert routed(cloud) == [(second, 100, "")]


def test_a_lagging_route_never_overtakes_a_later_one(cloud: LocalCloud) -> None:
    """What was written last stays in force even when its route came first."""
    first = short(cloud.create().latest_ready_revision)
    second = cloud.deploy("img:2")
    cloud.turn(traffic_lag_s=3600.0)
    cloud.shift(pinned(first))
    cloud.turn(traffic_lag_s=0.0)
    cloud.shift(pinned(second))
    cloud.turn(wait_factor=0.0)
    cloud.until(lambda: cloud.running.control.knobs.waited_s >= 3600.0)
    cloud.shift(pinned(second), pinned(second, 0, "marker"))
    cloud.until(lambda: any(target.tag == "marker" for target in cloud.plane.routes["svc"].targets))
    assert [[t.revision for t in route.targets] for route in cloud.plane.history][-2:] == [
        [second],
        [second, second],
    ]


def test_a_rollback_does_not_wait_for_a_deployment_that_hangs(cloud: LocalCloud) -> None:
    """A later write supersedes an earlier one, whose operation answers with the newer state."""
    first = short(cloud.create().latest_ready_revision)
    cloud.plane.held.add("img:slow")
    slow = cloud.begin_update("svc", ["template"], template=template("img:slow"))
    after = cloud.shift(pinned(first))
    assert serving(after) == [(first, 100)]
    cloud.inside(cloud.plane.release)
    answer = run_v2.Service.pb()()
    assert cloud.wait(slow).response.Unpack(answer)
    assert answer.generation == after.generation
    assert routed(cloud) == [(first, 100, "")]
    assert short(cloud.get().latest_ready_revision) == short(after.latest_created_revision)


def test_a_superseded_write_is_not_applied(cloud: LocalCloud) -> None:
    """Of two writes in flight the later one counts, even when the earlier one could not be applied."""
    first = short(cloud.create().latest_ready_revision)
    cloud.turn(operation_latency_s=3600.0)
    earlier = cloud.begin_update("svc", ["traffic"], traffic=[pinned("svc-00099-zzz")])
    later = cloud.begin_update("svc", ["traffic"], traffic=[pinned(first)])
    cloud.turn(wait_factor=0.0)
    assert [cloud.wait(name).error.code for name in (earlier, later)] == [0, 0]
    assert serving(cloud.get()) == [(first, 100)]


def test_traffic_that_follows_waits_for_the_revision_being_started(cloud: LocalCloud) -> None:
    """A small write in the middle of a deployment does not lose the deployment."""
    cloud.create()
    cloud.plane.held.add("img:slow")
    deployment = cloud.begin_update("svc", ["template"], template=template("img:slow"))
    small = cloud.begin_update("svc", ["description"], description="meanwhile")
    cloud.inside(cloud.plane.release)
    cloud.succeed(deployment)
    cloud.succeed(small)
    assert routed(cloud) == [(short(cloud.get().latest_created_revision), 100, "")]


def test_a_late_start_never_replaces_a_later_revision(cloud: LocalCloud) -> None:
    """The latest ready revision is the one created last, not the one that became ready last."""
    cloud.create()
    cloud.plane.held.add("img:slow")
    slow = cloud.begin_update("svc", ["template"], template=template("img:slow"))
    third = cloud.deploy("img:3")
    cloud.inside(cloud.plane.release)
    cloud.succeed(slow)
    assert short(cloud.get().latest_ready_revision) == third
    assert routed(cloud) == [(third, 100, "")]


@pytest.mark.parametrize(
    ("targets", "field", "text"),
    [
        ([pinned("svc-1", 60), pinned("svc-2", 30)], "service.traffic", "sum to 90, want 100"),
        ([pinned("svc-1", 101), pinned("svc-2", -1)], "service.traffic[0].percent", "between 0 and 100"),
        ([pinned("")], "service.traffic[0].revision", "is required"),
        (
            [run_v2.TrafficTarget(type_=1, revision="svc-1", percent=100)],
            "service.traffic[0].revision",
            "empty",
        ),
        ([run_v2.TrafficTarget(revision="svc-1", percent=100)], "service.traffic[0].type", "must be set"),
        ([pinned("projects/p/revisions/svc-1")], "service.traffic[0].revision", "short name"),
        ([floating(), pinned("svc-1", 0)], "service.traffic[1]", "percent or a tag"),
        (
            [floating(), pinned("svc-1", 0, "one"), pinned("svc-1", 0, "one")],
            "service.traffic[2].tag",
            "dupl",
        ),
        ([floating(), pinned("svc-1", 0, "ab")], "service.traffic[1].tag", "3 to 63"),
        ([floating(), pinned("svc-1", 0, "Upper")], "service.traffic[1].tag", "3 to 63"),
        ([floating(), pinned("svc-1", 0, "t" * 44)], "service.traffic[1].tag", "cannot exceed 46"),
    ],
)
def test_an_invalid_traffic_list_is_refused(
    cloud: LocalCloud, targets: list[run_v2.TrafficTarget], field: str, text: str
) -> None:
    """Each rule names the field that breaks it, and nothing is stored."""
    before = cloud.create()
    with pytest.raises(exceptions.InvalidArgument) as refused:
        cloud.shift(*targets)
    violations = [(one.field, one.description) for one in refused.value.details[0].field_violations]
    assert any(where == field and text in what for where, what in violations), violations
    assert cloud.get() == before


def test_tag_and_service_name_may_fill_the_limit(cloud: LocalCloud) -> None:
    """46 characters together are allowed."""
    first = short(cloud.create().latest_ready_revision)
    cloud.shift(floating(), pinned(first, 0, "t" * 43))
    assert routed(cloud)[1][2] == "t" * 43
