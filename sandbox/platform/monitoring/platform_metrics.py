"""What the platform measures about itself and writes to Monitoring: requests in progress, by service."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Final

from sandbox.platform.monitoring.metrics import Kind, Metric, Shape, ValueType
from sandbox.platform.monitoring.server import ReadInstances
from sandbox.platform.monitoring.store import INTERVAL_S, Point, SampleStore

ACTIVE_REQUESTS: Final = Metric(
    type="custom.googleapis.com/isectech/active_requests",
    display_name="Active requests",
    description="Instances of a service that work on a request right now.",
    shape=Shape(Kind.GAUGE, ValueType.INT64),
    unit="1",
    labels={"service": "The service's name in Cloud Run."},
    resource_type="global",
    resource_labels=("project_id",),
    is_delayed=False,
)


async def keep_writing(store: SampleStore, readings: ReadInstances) -> None:
    """Write a point for each service again and again, for ever."""
    while True:
        active: Counter[str] = Counter()
        for reading in readings():
            active[reading.service] += reading.active
        now = time.time()
        for service, count in active.items():
            labels = {"metric.labels.service": service, "resource.labels.project_id": store.project}
            store.write(ACTIVE_REQUESTS, labels, Point(now, now, count))
        await asyncio.sleep(INTERVAL_S)
