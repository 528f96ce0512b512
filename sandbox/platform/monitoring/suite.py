"""Cloud Monitoring beside its time series: policies, channels, uptime checks, objectives, incidents."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from sandbox.platform.contract import KnobBoard
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.monitoring import defaults, platform_metrics
from sandbox.platform.monitoring.alerting import Alerting
from sandbox.platform.monitoring.conditions import ConditionReader
from sandbox.platform.monitoring.incidents import Incidents, Publish
from sandbox.platform.monitoring.objectives import Objectives
from sandbox.platform.monitoring.server import ReadInstances
from sandbox.platform.monitoring.store import SampleStore
from sandbox.platform.monitoring.uptime_checks import Prober, UptimeChecks


class MonitoringSuite:
    """Everything that is configured in the sandbox's Monitoring, and what keeps watch over it."""

    def __init__(
        self,
        store: SampleStore,
        knobs: KnobBoard,
        publish: Publish,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self._knobs = knobs
        self._reader = ConditionReader(
            store, clock=clock, visible_until=lambda: clock() - knobs.current.metrics_delay_s
        )
        self.objectives = Objectives(store.project)
        self._reader.objectives = self.objectives.names
        self.alerting = Alerting(store.project, self._reader)
        self.uptime = UptimeChecks(store.project)
        self.incidents = Incidents(self.alerting, self._reader, publish, clock)
        defaults.configure(self.alerting, self.uptime, self.objectives)

    def tables(self) -> dict[str, Methods]:
        """Return the methods of every service."""
        return {**self.alerting.tables(), **self.uptime.tables(), **self.objectives.tables()}

    @contextlib.asynccontextmanager
    async def watching(self, prober: Prober, readings: ReadInstances) -> AsyncIterator[None]:
        """Evaluate policies, carry uptime checks out and write the platform's own metric, until the end.

        One that breaks ends the sandbox: a platform that only seems to be watched must not go on.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self.incidents.keep_looking()),
                group.create_task(prober.keep_probing(lambda: self._knobs.current.uptime_every_s)),
                group.create_task(platform_metrics.keep_writing(self.store, readings)),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
