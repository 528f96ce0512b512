"""What the platform counts of its instances: those of each revision, and the busy ones of each service."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from sandbox.platform.monitoring.metrics import Kind, Metric, Shape, ValueType
from sandbox.platform.monitoring.store import INTERVAL_S, InstanceReading, Point, SampleStore

ReadInstances = Callable[[], Iterable[InstanceReading]]

ACTIVE_REQUESTS: Final = Metric(
    type="custom.googleapis.com/isectech/active_requests",
    shape=Shape(Kind.GAUGE, ValueType.INT64),
    labels=("service",),
    resource_type="global",
    resource_labels=("project_id",),
    is_delayed=False,
)
"""Instances of a service that work on a request right now."""


async def keep_reading(store: SampleStore, read_instances: ReadInstances) -> None:
    """Read the instances each interval, for ever: how many there are, and how many work on a request."""
    while True:
        readings, now = list(read_instances()), store.clock()
        store.record_instances(now, readings)
        active: Counter[str] = Counter()
        for reading in readings:
            active[reading.service] += reading.active
        for service, count in active.items():
            labels = {"metric.labels.service": service, "resource.labels.project_id": store.project}
            store.write(ACTIVE_REQUESTS, labels, Point(now, now, count))
        await asyncio.sleep(INTERVAL_S)
