"""A tiny Cloud Monitoring for the gate's adapter: answers what the test says and remembers what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.cloud import monitoring_v3

Answer = Callable[[Any], Any]
"""From a ListTimeSeriesRequest to a ListTimeSeriesResponse or a grpc.StatusCode to refuse with."""


class FakeMonitoring:
    """A running server: `answer` may be replaced at any time, `requests` are all that were received."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _request: monitoring_v3.ListTimeSeriesResponse()
        self.requests: list[Any] = []
        self._server = grpc.server(ThreadPoolExecutor(max_workers=2))
        handler = grpc.unary_unary_rpc_method_handler(
            self._list_time_series,
            request_deserializer=monitoring_v3.ListTimeSeriesRequest.deserialize,
            response_serializer=monitoring_v3.ListTimeSeriesResponse.serialize,
        )
        service = "google.monitoring.v3.MetricService"
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service, {"ListTimeSeries": handler}),)
        )
        self.endpoint = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    @contextmanager
    def running(self) -> Iterator[FakeMonitoring]:
        """Serve while the block runs."""
        self._server.start()
        try:
            yield self
        finally:
            self._server.stop(0).wait(10)

    def _list_time_series(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.requests.append(request)
        answer = self.answer(request)
        if isinstance(answer, grpc.StatusCode):
            context.abort(answer, "refused by the test")
        return answer


def series(*values: dict[str, Any], revision: str, response_class: str = "") -> dict[str, Any]:
    """Return one time series of typed values, newest first."""
    labels = {"response_code_class": response_class} if response_class else {}
    return {
        "metric": {"labels": labels},
        "resource": {"type": "cloud_run_revision", "labels": {"revision_name": revision}},
        "points": [{"value": value} for value in values],
    }


def response(*found: dict[str, Any], **fields: Any) -> Any:
    """Return a ListTimeSeriesResponse of those series."""
    return monitoring_v3.ListTimeSeriesResponse({"time_series": list(found), **fields})
