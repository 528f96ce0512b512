"""Writes how synthetic journeys went to Cloud Logging, where the monitoring criteria look for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gates.adapters.google.cloud_clients import connect
from gates.adapters.google.cloud_errors import translated
from gates.model.journey import JourneyResult
from gates.model.judgement import Outcome
from gates.model.platform import Environment

LOG = "release-gate-synthetic"
"""Name of the log: one entry per journey that was taken."""
_WRITE_S = 10.0


class JourneyLog:
    """The log of one environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def write(self, results: Sequence[JourneyResult]) -> None:
        """Write one entry per result, all or none.

        Raises:
            CloudError: they were not taken.
            ConfigurationError: there are no credentials.
        """
        from google.api import monitored_resource_pb2  # noqa: PLC0415 - only a write pays for the client

        name = f"projects/{self._environment.project}/logs/{LOG}"
        with translated(f"write {len(results)} results to the log {LOG}"):
            self._client().write_log_entries(
                log_name=name,
                resource=monitored_resource_pb2.MonitoredResource(type="global"),
                labels={"environment": self._environment.name},
                entries=[_entry(result) for result in results],
                timeout=_WRITE_S,
                retry=None,
            )

    def _client(self) -> Any:
        from google.cloud.logging_v2.services.logging_service_v2 import (  # noqa: PLC0415 - as above
            LoggingServiceV2Client,
        )

        return connect(LoggingServiceV2Client, self._environment.endpoints.apis_grpc)


def _entry(result: JourneyResult) -> Any:
    from google.cloud.logging_v2.types import LogEntry  # noqa: PLC0415 - as above
    from google.protobuf import struct_pb2  # noqa: PLC0415 - as above

    has_passed = result.outcome is Outcome.PASS
    payload = struct_pb2.Struct()
    payload.update(
        {
            "journey": result.journey,
            "passed": has_passed,
            "seconds": round(result.seconds, 3),
            "at": result.at.isoformat(),
            "blames": list(result.blames),
        }
    )
    severity = "INFO" if has_passed else "ERROR"
    return LogEntry(json_payload=payload, severity=severity, timestamp=result.at)
