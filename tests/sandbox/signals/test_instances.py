"""Instance counts are read from the data plane by the running server."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from sandbox.platform.monitoring.platform_metrics import ACTIVE_REQUESTS, keep_reading
from sandbox.platform.monitoring.store import InstanceReading, SampleStore
from tests.sandbox.signals.conftest import BAD, GOOD, NOW, PROJECT, SERVICE, Monitoring


def reading(revision: str, active: int, idle: int = 0) -> InstanceReading:
    """Return a reading of the one service."""
    return InstanceReading(service=SERVICE, revision=revision, active=active, idle=idle)


def test_a_gauge_is_a_state_at_a_moment(monitoring: Monitoring) -> None:
    """Raw points start where they end, and each state is a series of its own."""
    monitoring.store.record_instances(NOW - 60, [reading(GOOD, active=2, idle=1)])
    found = monitoring.query("container/instance_count")
    counts = {one.metric.labels["state"]: one.points[0].value.int64_value for one in found}
    assert counts == {"active": 2, "idle": 1}
    assert all(one.points[0].interval.start_time == one.points[0].interval.end_time for one in found)


@pytest.mark.parametrize(("aligner", "expected"), [("ALIGN_MAX", 5), ("ALIGN_MIN", 1), ("ALIGN_COUNT", 3)])
def test_a_gauge_is_aligned(monitoring: Monitoring, aligner: str, expected: int) -> None:
    """Extremes and the number of readings keep whole numbers."""
    for ago, active in ((180, 3), (120, 5), (60, 1)):
        monitoring.store.record_instances(NOW - ago, [reading(GOOD, active)])
    (series,) = monitoring.query("container/instance_count", aligner, extra=' metric.labels.state="active"')
    assert series.points[0].value.int64_value == expected


def test_the_mean_of_each_revision_is_summed_over_the_service(monitoring: Monitoring) -> None:
    """ALIGN_MEAN and REDUCE_SUM give the average number of instances of a service."""
    for ago, active in ((120, 2), (60, 1)):
        monitoring.store.record_instances(NOW - ago, [reading(GOOD, active, idle=1), reading(BAD, 4)])
    (series,) = monitoring.query("container/instance_count", "ALIGN_MEAN", "REDUCE_SUM")
    assert series.points[0].value.double_value == pytest.approx(1.5 + 1 + 4)


def test_instances_are_read_again_and_again(monitoring: Monitoring) -> None:
    """They are read at once, under the clock of the store, and the busy ones of a service are counted."""
    work = keep_reading(monitoring.store, lambda: [reading(GOOD, active=3), reading(BAD, active=2)])

    async def read_once() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(work, 0.01)

    monitoring.loop.run(read_once())
    found = monitoring.query("container/instance_count", extra=' AND metric.labels.state = "active"')
    assert sorted(one.points[0].value.int64_value for one in found) == [2, 3]
    (busy,) = monitoring.query("", filter=f'metric.type = "{ACTIVE_REQUESTS.type}"')
    assert busy.points[0].value.int64_value == 5


def test_a_failed_reading_comes_to_light() -> None:
    """An error of the callable ends the reading, so that the gauge has no data rather than old data."""

    def broken() -> list[InstanceReading]:
        raise LookupError("the data plane is gone")

    store = SampleStore(project=PROJECT, region="us-central1")
    with pytest.raises(LookupError, match="data plane"):
        asyncio.run(keep_reading(store, broken))
