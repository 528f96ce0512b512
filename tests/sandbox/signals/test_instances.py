"""Instance counts are read from the data plane by the running server."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from google.cloud import monitoring_v3

from sandbox.platform.contract import Knobs
from sandbox.platform.monitoring.server import serve_monitoring
from sandbox.platform.monitoring.store import InstanceReading, SampleStore
from tests.sandbox.signals.conftest import BAD, GOOD, NOW, PROJECT, SERVICE, Monitoring, request


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
    for ago, active in ((60, 1), (120, 5), (180, 3)):
        monitoring.store.record_instances(NOW - ago, [reading(GOOD, active)])
    (series,) = monitoring.query("container/instance_count", aligner, extra=' metric.labels.state="active"')
    assert series.points[0].value.int64_value == expected


def test_the_mean_of_each_revision_is_summed_over_the_service(monitoring: Monitoring) -> None:
    """ALIGN_MEAN and REDUCE_SUM give the average number of instances of a service."""
    for ago, active in ((60, 1), (120, 2)):
        monitoring.store.record_instances(NOW - ago, [reading(GOOD, active, idle=1), reading(BAD, 4)])
    (series,) = monitoring.query("container/instance_count", "ALIGN_MEAN", "REDUCE_SUM")
    assert series.points[0].value.double_value == pytest.approx(1.5 + 1 + 4)


def test_the_server_reads_instances_by_itself() -> None:
    """The callable is read at once when serving starts, under the clock of the server."""

    async def scenario() -> int:
        store = SampleStore(project=PROJECT, region="us-central1")
        server = await serve_monitoring(
            store,
            lambda: Knobs(metrics_delay_s=0.0),
            clock=lambda: NOW,
            instances=lambda: [reading(GOOD, active=3)],
        )
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            transport = monitoring_v3.MetricServiceAsyncClient.get_transport_class("grpc_asyncio")
            client = monitoring_v3.MetricServiceAsyncClient(transport=transport(channel=channel))
            query = request("container/instance_count", extra=' AND metric.labels.state = "active"')
            (series,) = [one async for one in await client.list_time_series(request=query)]
        await server.close()
        return int(series.points[0].value.int64_value)

    assert asyncio.run(scenario()) == 3


def test_a_failed_reading_comes_to_light() -> None:
    """An error of the callable is raised when the server closes instead of being swallowed."""

    def broken() -> list[InstanceReading]:
        raise LookupError("the data plane is gone")

    async def scenario() -> None:
        store = SampleStore(project=PROJECT, region="us-central1")
        server = await serve_monitoring(store, Knobs, instances=broken)
        await asyncio.sleep(0)
        await server.close()

    with pytest.raises(LookupError, match="data plane"):
        asyncio.run(scenario())
