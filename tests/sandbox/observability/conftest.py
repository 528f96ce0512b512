"""A local Monitoring with its configuration, Logging, Error Reporting, dashboards and Pub/Sub."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from sandbox import topology
from sandbox.platform.apis import cloud_logging, dashboards, errors
from sandbox.platform.apis.logs import Logs
from sandbox.platform.apis.pubsub import PubSub
from sandbox.platform.contract import KnobBoard, Knobs, RequestSample
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import serve_grpc
from sandbox.platform.monitoring import fault_injection
from sandbox.platform.monitoring.store import SampleStore
from sandbox.platform.monitoring.suite import MonitoringSuite
from tests.sandbox.signals.background import BackgroundLoop

PARENT = f"projects/{topology.PROJECT}"
SERVICE = "isectech-auth-service-sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is under test, and Google's own clients of it."""

    suite: MonitoringSuite
    store: SampleStore
    logs: Logs
    board: Disturbances
    loop: BackgroundLoop
    monitoring: grpc.Channel
    apis: grpc.Channel

    def client(self, kind: type[Any]) -> Any:
        """Return Google's client of an API, by its class."""
        is_monitoring = kind.__module__.startswith("google.cloud.monitoring_v3")
        channel = self.monitoring if is_monitoring else self.apis
        return kind(transport=kind.get_transport_class("grpc")(channel=channel))

    def request(self, code: int = 200, *, path: str = "/", ago: float = 15.0) -> None:
        """Let the router see one request."""
        sample = RequestSample(
            at=time.time() - ago,
            service=SERVICE,
            revision=f"{SERVICE}-00001-aaa",
            code=code,
            latency_ms=20.0,
            method="GET",
            url=f"https://auth.test{path}",
        )
        for sink in (self.store, self.logs):
            sink.record(sample)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Everything on two ports, without anything that looks or probes by itself."""
    place = {"project": topology.PROJECT, "region": topology.REGION}
    logs, pubsub, board = Logs(**place), PubSub(), Disturbances()
    suite = MonitoringSuite(KnobBoard(Knobs(metrics_delay_s=0.0)), pubsub.post, **place)
    fault_injection.offer(board, suite)
    parts = (cloud_logging.CloudLogging(logs), errors.ErrorReporting(logs), dashboards.Dashboards())
    tables = {name: table for part in (*parts, pubsub) for name, table in part.tables().items()}
    for part in parts:
        part.offer(board)
    with BackgroundLoop() as loop:
        monitoring = loop.run(serve_grpc(suite.tables()))
        apis = loop.run(serve_grpc(tables))
        with (
            grpc.insecure_channel(f"127.0.0.1:{monitoring.port}") as first,
            grpc.insecure_channel(f"127.0.0.1:{apis.port}") as second,
        ):
            yield Watch(
                suite=suite,
                store=suite.store,
                logs=logs,
                board=board,
                loop=loop,
                monitoring=first,
                apis=second,
            )
        loop.run(monitoring.close())
        loop.run(apis.close())
