"""Instances: cold starts, scaling, probes, draining and what happens when one dies."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from sandbox.platform.contract import Probe, RouteTarget, StartError
from tests.sandbox.plane.local_plane import SERVICE, LocalPlane, all_to, is_running, until

pytestmark = pytest.mark.anyio

HEALTH = Probe(path="/healthz", period_s=0.05, timeout_s=2, failure_threshold=2)


async def test_requests_wait_for_a_cold_start(hasty: LocalPlane) -> None:
    """A revision without a minimum goes to zero, and the next requests wait for one instance."""
    await hasty.serve()
    await until(lambda: hasty.fleets["shop-1"].size == 0)
    answers = await asyncio.gather(*(hasty.get() for _ in range(10)))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert len({answer.json()["pid"] for answer in answers}) == 1


async def test_concurrency_decides_how_many_instances_there_are(hasty: LocalPlane) -> None:
    """Four slow requests at a concurrency of two need two instances; idle ones go, down to the minimum."""
    await hasty.serve(concurrency=2, min_instances=1, max_instances=5)
    answers = await asyncio.gather(*(hasty.get("/slow?0.5") for _ in range(4)))
    assert len({answer.json()["pid"] for answer in answers}) == 2
    await until(lambda: hasty.fleets["shop-1"].size == 1)
    assert (await hasty.get()).status_code == 200


async def test_without_room_a_request_is_refused_and_told_when_to_come_back(
    local: LocalPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the maximum a request waits for a place; when none becomes free in time it is a 429."""
    monkeypatch.setattr("sandbox.platform.instances.PENDING_S", 0.3)
    await local.serve(concurrency=1, max_instances=1)
    first = asyncio.create_task(local.get("/slow?1.5"))
    await until(lambda: local.fleets["shop-1"].busy == 1)
    refused = await local.get()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert (await first).status_code == 200


async def test_a_killed_instance_is_replaced_up_to_the_minimum(local: LocalPlane) -> None:
    """What a minimum promises holds again after a `kill -9`, without any request."""
    await local.serve(min_instances=1)
    (killed,) = local.fleets["shop-1"].pids
    os.kill(killed, signal.SIGKILL)
    await until(lambda: local.fleets["shop-1"].is_up and local.fleets["shop-1"].pids != [killed])
    assert (await local.get()).json()["pid"] != killed


async def test_a_replaced_revision_finishes_what_it_has_begun(local: LocalPlane) -> None:
    """A request in flight ends at its old revision while new ones go to the new; then the old one ends."""
    await local.serve("shop-1")
    await local.up("shop-2")
    slow = asyncio.create_task(local.get("/slow?0.7"))
    await until(lambda: local.fleets["shop-1"].busy == 1)
    await local.route(all_to("shop-2"))
    assert (await local.get()).json()["revision"] == "shop-2"
    assert (await slow).json()["revision"] == "shop-1"
    await until(lambda: local.fleets["shop-1"].size == 0)


async def test_a_drained_revision_serves_again_when_traffic_comes_back(local: LocalPlane) -> None:
    """Rolling back to a revision that has no instance costs a cold start, not an error."""
    await local.serve("shop-1")
    await local.up("shop-2")
    await local.route(all_to("shop-2"))
    await until(lambda: local.fleets["shop-1"].size == 0)
    await local.route(all_to("shop-1"))
    assert (await local.get()).json()["revision"] == "shop-1"


async def test_no_request_is_lost_while_traffic_moves_to_and_fro(local: LocalPlane) -> None:
    """Under steady requests, ten moves between two revisions cost no error."""
    await local.serve("shop-1", min_instances=1)
    codes: list[int] = []
    moving = True

    async def visit() -> None:
        while moving:
            codes.append((await local.get()).status_code)

    visitors = [asyncio.create_task(visit()) for _ in range(4)]
    for move in range(10):
        revision = f"shop-{move % 2 + 1}"
        await local.up(revision, min_instances=1)
        await local.route(all_to(revision))
        await asyncio.sleep(0.05)
    moving = False
    await asyncio.gather(*visitors)
    assert codes
    assert set(codes) == {200}


@pytest.mark.parametrize(
    ("app", "reason"),
    [("broken", "exited with status 1"), ("deaf", "did not listen within"), ("absent", "exited")],
)
async def test_an_image_that_cannot_start_says_so(local: LocalPlane, app: str, reason: str) -> None:
    """A factory that fails, a start that never ends and a missing attribute are start errors."""
    with pytest.raises(StartError, match=reason):
        await local.up("shop-1", app, startup=Probe(path=None, period_s=0.1, failure_threshold=5))
    assert local.fleets["shop-1"].size == 0


async def test_a_failing_startup_probe_is_a_start_error(local: LocalPlane) -> None:
    """Listening is not enough when the revision has an HTTP startup probe."""
    env = {"MOOD": str(local.folder / "mood")}
    with pytest.raises(StartError, match="startup probe failed 2 times"):
        await local.up("shop-1", "moody", env=env, startup=HEALTH)
    (local.folder / "mood").touch()
    await local.up("shop-1", "moody", env=env, startup=HEALTH)


async def test_a_failing_liveness_probe_restarts_the_instance(local: LocalPlane) -> None:
    """An instance that stays unhealthy is killed and replaced."""
    mood = local.folder / "mood"
    mood.touch()
    await local.serve(app="moody", env={"MOOD": str(mood)}, liveness=HEALTH, min_instances=1)
    before = (await local.get()).text
    mood.unlink()
    await until(lambda: int(before) not in local.fleets["shop-1"].pids)
    mood.touch()
    assert (await local.get()).text != before


async def test_a_failing_readiness_probe_takes_the_instance_out_of_service(local: LocalPlane) -> None:
    """It gets no new requests and is not killed; once the probe passes it serves again."""
    mood = local.folder / "mood"
    mood.touch()
    await local.serve(
        app="moody", env={"MOOD": str(mood)}, readiness=HEALTH, min_instances=1, max_instances=1
    )
    before = (await local.get()).text
    mood.unlink()
    await until(lambda: not local.fleets["shop-1"].is_up)
    waiting = asyncio.create_task(local.get())
    mood.touch()
    assert (await waiting).text == before


async def test_a_removed_service_leaves_no_process(local: LocalPlane) -> None:
    """Removing stops all instances and forgets the host."""
    await local.serve(min_instances=2)
    await until(lambda: len(local.fleets["shop-1"].pids) == 2)
    pids = local.fleets["shop-1"].pids
    await local.plane.remove(SERVICE)
    assert [pid for pid in pids if is_running(pid)] == []
    assert (await local.get()).status_code == 404


async def test_a_service_that_is_removed_while_it_starts_leaves_no_process(local: LocalPlane) -> None:
    """The deployment fails, and the instance that was starting is ended too."""
    starting = asyncio.create_task(local.up("shop-1", "deaf"))
    await until(lambda: bool(local.fleets) and bool(local.fleets["shop-1"].pids))
    pids = local.fleets["shop-1"].pids
    await local.plane.remove(SERVICE)
    with pytest.raises(StartError, match="was stopped while it started"):
        await starting
    assert [pid for pid in pids if is_running(pid)] == []


async def test_the_service_minimum_is_divided_by_the_split(local: LocalPlane) -> None:
    """Each revision gets its share of a service-level minimum."""
    await local.up("shop-1")
    await local.up("shop-2")
    split = (RouteTarget(revision="shop-1", percent=50), RouteTarget(revision="shop-2", percent=50))
    await local.route(*split, min_instances=4)
    await until(lambda: [len(fleet.pids) for fleet in local.fleets.values()] == [2, 2])


async def test_an_instance_sees_its_own_environment_only(
    local: LocalPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The container's variables and Cloud Run's are there; the container cannot pass for another revision."""
    await local.serve(env={"COLOUR": "green", "K_REVISION": "forged"})
    env = (await local.get()).json()["env"]
    assert (env["COLOUR"], env["K_REVISION"], env["K_SERVICE"]) == ("green", "shop-1", SERVICE)
    assert "PYTEST_CURRENT_TEST" not in env
