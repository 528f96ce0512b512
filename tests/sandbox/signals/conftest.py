"""A local Monitoring for each test, with a clock that stands still, and the real clients to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.cloud import monitoring_v3

from sandbox.platform.contract import RequestSample
from sandbox.platform.grpc_methods import serve_grpc
from sandbox.platform.monitoring.query import MetricService
from sandbox.platform.monitoring.store import SampleStore
from tests.sandbox.signals.background import BackgroundLoop

NOW = 1_800_000_000.0
PROJECT = "isectech-sandbox"
SERVICE = "isectech-auth-service-sandbox"
GOOD, BAD = f"{SERVICE}-00001-aaa", f"{SERVICE}-00002-bbb"


@dataclass
class Monitoring:
    """The server under test, its store, and a synchronous client of the real library."""

    store: SampleStore
    loop: BackgroundLoop
    delay_s: float = 0.0
    port: int = 0
    client: Any = None

    def record(
        self, codes: Sequence[int], *, revision: str = GOOD, ago: float = 60.0, latency_ms: float = 20.0
    ) -> None:
        """Record one request per code, all `ago` seconds before now."""
        for code in codes:
            self.store.record(
                RequestSample(
                    at=NOW - ago, service=SERVICE, revision=revision, code=code, latency_ms=latency_ms
                )
            )

    def delay(self, seconds: float) -> None:
        """Turn the knob of the visibility delay."""
        self.delay_s = seconds

    def query(self, metric: str, *operations: str, **fields: Any) -> list[Any]:
        """List a metric's series of the last ten minutes, aligned and reduced by the named operations."""
        return list(self.client.list_time_series(request=request(metric, *operations, **fields)))


def request(metric: str, *operations: str, **fields: Any) -> Any:
    """Build a request; `extra` goes into the filter, `group_by` and `period` into the aggregation."""
    extra, seconds = fields.pop("extra", ""), fields.pop("seconds", 600)
    period, group_by = fields.pop("period", seconds), fields.pop("group_by", ())
    named = {"per_series_aligner": "ALIGN_NONE", "cross_series_reducer": "REDUCE_NONE"}
    for operation in operations:
        is_aligner = operation.startswith("ALIGN")
        named["per_series_aligner" if is_aligner else "cross_series_reducer"] = operation
    values = {
        "name": f"projects/{PROJECT}",
        "filter": f'metric.type = "run.googleapis.com/{metric}"{extra}',
        "interval": {"start_time": {"seconds": int(NOW - seconds)}, "end_time": {"seconds": int(NOW)}},
        "aggregation": {**named, "alignment_period": {"seconds": period}, "group_by_fields": list(group_by)},
    }
    return monitoring_v3.ListTimeSeriesRequest(values | fields)


@pytest.fixture
def monitoring() -> Iterator[Monitoring]:
    """An empty store behind a running server."""
    with BackgroundLoop() as loop:
        store = SampleStore(
            project=PROJECT, region="us-central1", clock=lambda: NOW, delay_s=lambda: subject.delay_s
        )
        subject = Monitoring(store=store, loop=loop)
        server = loop.run(serve_grpc(MetricService(store).tables()))
        subject.port = server.port
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            transport: Callable[..., Any] = monitoring_v3.MetricServiceClient.get_transport_class("grpc")
            subject.client = monitoring_v3.MetricServiceClient(transport=transport(channel=channel))
            yield subject
        loop.run(server.close())
