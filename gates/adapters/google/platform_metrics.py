"""What Monitoring saw of one platform: levels and instances of its services, and the hardware below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from gates.adapters.google.cloud_monitoring import CloudMonitoring
from gates.adapters.google.hardware_metrics import HardwareMetrics
from gates.model.evidence import Window
from gates.model.hardware import Reading
from gates.model.platform import Environment
from gates.model.state import ServiceState
from gates.operations.service_levels import ServiceLevels


class PlatformMetrics:
    """The metrics of one environment, of the revisions that serve as `describe` says.

    Every method raises CloudError when Monitoring does not answer.
    """

    def __init__(
        self, environment: Environment, names: tuple[str, ...], describe: Callable[[str], ServiceState]
    ) -> None:
        self._environment = environment
        self._names = names
        self._describe = describe

    def hardware(self, now: datetime, minutes: int) -> tuple[Reading, ...]:
        """Return what the infrastructure measured in the last minutes."""
        return HardwareMetrics(self._environment, self._names).read(now, minutes)

    def service_levels(self, service: str, window: Window) -> ServiceLevels:
        """Return what was seen of the revision that serves."""
        state = self._describe(service)
        about = (
            self._environment.cloud_run_name(service),
            state.sole_serving or state.latest_ready,
            window,
        )
        with self._monitoring() as monitoring:
            requests = monitoring.request_count(*about)
            errors = monitoring.error_ratio(*about)
            latency = monitoring.latency_percentile(*about)
        return ServiceLevels(
            service=service,
            requests=requests.samples if requests is not None else 0,
            error_ratio=errors.measurement.value if errors is not None else None,
            p95_ms=latency.measurement.value if latency is not None else None,
        )

    def peak_instances(self, service: str, revision: str, window: Window) -> float | None:
        """Return the highest number of instances of a revision in the window, None without data."""
        with self._monitoring() as monitoring:
            found = monitoring.instance_count(self._environment.cloud_run_name(service), revision, window)
        return None if found is None else found.measurement.value

    @contextmanager
    def _monitoring(self) -> Iterator[CloudMonitoring]:
        place = self._environment
        with closing(
            CloudMonitoring(place.project, place.endpoints.monitoring_grpc, region=place.region)
        ) as opened:
            yield opened
