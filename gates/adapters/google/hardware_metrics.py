"""Processors, memory, disk and network of the platform, read from Cloud Monitoring.

CPU and memory of Cloud Run are distributions over instances: their mean counts. The disk is the database's,
since Cloud Run has none; the network's latency is what the load balancer measures to its clients.
https://cloud.google.com/monitoring/api/metrics_gcp
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from google.cloud import monitoring_v3

from gates.adapters.google.cloud_clients import connect
from gates.adapters.google.cloud_errors import translated
from gates.errors import NotFoundError
from gates.model.hardware import Component, Reading
from gates.model.platform import Environment

_SECONDS = 10.0
_SERVICE = "resource.labels.service_name"
_QUESTIONS = (
    (Component.CPU, "run.googleapis.com/container/cpu/utilizations", "ALIGN_DELTA", _SERVICE),
    (Component.MEMORY, "run.googleapis.com/container/memory/utilizations", "ALIGN_DELTA", _SERVICE),
    (
        Component.DISK,
        "cloudsql.googleapis.com/database/disk/utilization",
        "ALIGN_MEAN",
        "resource.labels.database_id",
    ),
    (
        Component.NETWORK,
        "loadbalancing.googleapis.com/https/frontend_tcp_rtt",
        "ALIGN_DELTA",
        "resource.labels.url_map_name",
    ),
)


class HardwareMetrics:
    """Reads the infrastructure metrics of one environment's project."""

    def __init__(self, environment: Environment, services: tuple[str, ...]) -> None:
        self._project = environment.project
        self._names = {environment.cloud_run_name(name): name for name in services}
        self._endpoint = environment.endpoints.monitoring_grpc

    def read(self, now: datetime, minutes: int) -> tuple[Reading, ...]:
        """Return the mean of the last minutes for each service, database and front door that has data.

        Raises:
            CloudError: Monitoring does not answer.
            ConfigurationError: there are no default credentials.
        """
        client = connect(monitoring_v3.MetricServiceClient, self._endpoint)
        try:
            return tuple(self._readings(client, now, timedelta(minutes=minutes)))
        finally:
            client.transport.close()

    def _readings(self, client: Any, now: datetime, span: timedelta) -> Iterator[Reading]:
        for component, metric, aligner, label in _QUESTIONS:
            request = {
                "name": f"projects/{self._project}",
                "filter": f'metric.type = "{metric}"',
                "interval": {"start_time": now - span, "end_time": now},
                "aggregation": {
                    "alignment_period": {"seconds": int(span.total_seconds())},
                    "per_series_aligner": aligner,
                    "cross_series_reducer": "REDUCE_MEAN",
                    "group_by_fields": [label],
                },
            }
            for series in _found(client, request, f"read {component} from Cloud Monitoring"):
                subject = series.resource.labels[label.rpartition(".")[2]]
                value = series.points[0].value.double_value
                yield Reading(component=component, subject=self._names.get(subject, subject), value=value)


def _found(client: Any, request: Any, attempted: str) -> list[Any]:
    """Return the series; a metric that was never written is no data, as an empty answer is."""
    try:
        with translated(attempted):
            return list(client.list_time_series(request=request, timeout=_SECONDS))
    except NotFoundError:
        return []
