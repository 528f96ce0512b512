"""The gRPC front of the local Monitoring, and the clock that reads instance counts."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import grpc
import grpc.aio

from sandbox.platform.contract import Knobs
from sandbox.platform.grpc_methods import Methods, add_methods
from sandbox.platform.monitoring import custom_metrics, messages, query
from sandbox.platform.monitoring.errors import QueryError
from sandbox.platform.monitoring.store import INTERVAL_S, InstanceReading, SampleStore

_SERVICE: Final = "google.monitoring.v3.MetricService"
_HOST: Final = "127.0.0.1"

Clock = Callable[[], float]
ReadInstances = Callable[[], Iterable[InstanceReading]]


class MonitoringServer:
    """A running server; `port` is where it listens on 127.0.0.1, in plaintext gRPC."""

    def __init__(self, port: int, server: grpc.aio.Server, gauge: asyncio.Task[None] | None) -> None:
        self.port = port
        self._server = server
        self._gauge = gauge

    def answer_also(self, tables: Mapping[str, Methods]) -> None:
        """Answer more services on the same port."""
        add_methods(self._server, tables)

    async def close(self) -> None:
        """Stop answering and stop reading instance counts; an error that ended the reading is raised here."""
        await self._server.stop(0)
        if self._gauge is not None:
            self._gauge.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._gauge


async def serve_monitoring(
    store: SampleStore,
    knobs: Callable[[], Knobs],
    *,
    port: int = 0,
    clock: Clock = time.time,
    instances: ReadInstances | None = None,
) -> MonitoringServer:
    """Serve MetricService from `store`; methods that are not emulated answer UNIMPLEMENTED.

    `knobs` is asked at every query, so that the visibility delay can change at run time. `instances` is
    read every 10 seconds for `container/instance_count`; an error in it ends the reading, so that the gauge
    has no data rather than old data.

    Raises:
        RuntimeError: the port is taken.
    """
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_handlers(store, lambda: clock() - knobs().metrics_delay_s, clock),))
    chosen = server.add_insecure_port(f"{_HOST}:{port}")
    await server.start()
    gauge = None if instances is None else asyncio.create_task(_read_instances(store, instances, clock))
    return MonitoringServer(chosen, server, gauge)


async def _read_instances(store: SampleStore, instances: ReadInstances, clock: Clock) -> None:
    while True:
        store.record_instances(clock(), instances())
        await asyncio.sleep(INTERVAL_S)


def _handlers(store: SampleStore, visible_until: Clock, clock: Clock) -> grpc.GenericRpcHandler:
    def method(answer: Callable[[Any], Any], request_type: Any) -> grpc.RpcMethodHandler:
        async def handle(request: Any, context: grpc.aio.ServicerContext) -> Any:
            try:
                return answer(request)
            except QueryError as refusal:
                await context.abort(refusal.status, str(refusal))

        return grpc.unary_unary_rpc_method_handler(
            handle, request_deserializer=request_type.FromString, response_serializer=_serialized
        )

    return grpc.method_handlers_generic_handler(
        _SERVICE,
        {
            "ListTimeSeries": method(
                lambda request: query.list_time_series(store, request, visible_until()),
                messages.ListTimeSeriesRequest,
            ),
            "CreateTimeSeries": method(
                lambda request: custom_metrics.create_time_series(store, request, clock()),
                messages.CreateTimeSeriesRequest,
            ),
            "ListMetricDescriptors": method(
                lambda request: query.list_metric_descriptors(store, request),
                messages.ListMetricDescriptorsRequest,
            ),
            "GetMetricDescriptor": method(
                lambda request: query.get_metric_descriptor(store, request),
                messages.GetMetricDescriptorRequest,
            ),
        },
    )


def _serialized(message: Any) -> bytes:
    return bytes(message.SerializeToString())
