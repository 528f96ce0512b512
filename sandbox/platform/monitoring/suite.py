"""Cloud Monitoring: time series, policies, channels, uptime checks, objectives, incidents."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from sandbox.platform.contract import KnobBoard
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.monitoring import defaults, platform_metrics
from sandbox.platform.monitoring.alerting import Alerting
from sandbox.platform.monitoring.conditions import ConditionReader
from sandbox.platform.monitoring.incidents import Incidents, Publish
from sandbox.platform.monitoring.objectives import Objectives
from sandbox.platform.monitoring.platform_metrics import ReadInstances
from sandbox.platform.monitoring.query import MetricService
from sandbox.platform.monitoring.store import SampleStore
from sandbox.platform.monitoring.uptime_checks import Prober, UptimeChecks


class MonitoringSuite:
    """Everything that is configured in the sandbox's Monitoring, and what watches over it."""

    def __init__(self, knobs: KnobBoard, publish: Publish, *, project: str, region: str) -> None:
        self._knobs = knobs
        self.store = SampleStore(
            project=project, region=region, delay_s=lambda: knobs.current.metrics_delay_s
        )
        self.objectives = Objectives(project)
        reader = ConditionReader(self.store, self.objectives.names)
        self.alerting = Alerting(project, reader)
        self.uptime = UptimeChecks(project)
        self.incidents = Incidents(self.alerting, reader, publish)
        defaults.configure(self.alerting, self.uptime, self.objectives)

    def tables(self) -> dict[str, Methods]:
        parts = (MetricService(self.store), self.alerting, self.uptime, self.objectives)
        return {name: table for part in parts for name, table in part.tables().items()}

    def work(self, prober: Prober, read_instances: ReadInstances) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on until the end: policies are evaluated, uptime checks made, instances counted.

        One that breaks must end the sandbox: a platform that only seems to be watched must not go on.
        """
        return [
            self.incidents.keep_looking(),
            prober.keep_probing(lambda: self._knobs.current.uptime_every_s),
            platform_metrics.keep_reading(self.store, read_instances),
        ]
