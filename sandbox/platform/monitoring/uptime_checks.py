"""Uptime checks: UptimeCheckService, and the prober that carries them out through the front door."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import httpx
from google.cloud import monitoring_v3

from sandbox.platform.api_errors import Violation
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.monitoring.collection import Collection
from sandbox.platform.monitoring.metrics import Kind, Metric, Shape, ValueType
from sandbox.platform.monitoring.store import Point, SampleStore
from sandbox.platform.requests import require_project

_PERIODS_S: Final = (60, 300, 600, 900)
_LOCATION: Final = "usa-iowa"
CHECK_PASSED: Final = Metric(
    type="monitoring.googleapis.com/uptime_check/check_passed",
    shape=Shape(Kind.GAUGE, ValueType.BOOL),
    labels=("check_id", "checker_location", "checked_resource_id"),
    resource_type="uptime_url",
    resource_labels=("project_id", "host"),
    is_delayed=False,
)


class UptimeChecks:
    """All uptime checks of the project."""

    def __init__(self, project: str) -> None:
        self.checks = Collection(
            monitoring_v3,
            "UptimeCheckConfig",
            "uptimeCheckConfigs",
            check=_flaws,
            require_parent=partial(require_project, project=project),
        )

    def tables(self) -> dict[str, Methods]:
        return {"google.monitoring.v3.UptimeCheckService": self.checks.methods()}


def _flaws(check: Any) -> list[Violation]:
    flaws = []
    if not check.display_name:
        flaws.append(Violation("uptime_check_config.display_name", "is required"))
    resource = check.monitored_resource
    if resource.type != "uptime_url" or not resource.labels.get("host"):
        flaws.append(Violation("uptime_check_config.monitored_resource", "must be uptime_url with a host"))
    if check.WhichOneof("check_request_type") != "http_check":
        flaws.append(Violation("uptime_check_config.http_check", "only HTTP checks are emulated"))
    if check.period.seconds not in _PERIODS_S:
        flaws.append(Violation("uptime_check_config.period", "must be 60, 300, 600 or 900 s"))
    if not 1 <= check.timeout.seconds <= min(_PERIODS_S):
        flaws.append(Violation("uptime_check_config.timeout", "must be 1 to 60 s"))
    return flaws


class Prober:
    """Carries every check out, as a caller from outside does: over TLS, through the front door."""

    def __init__(self, checks: UptimeChecks, store: SampleStore, *, port: int, trust: ssl.SSLContext) -> None:
        """Take the checks, where results go, the front door's HTTPS port, and the trusted authority."""
        self._checks = checks
        self._store = store
        self._port = port
        self._client = httpx.AsyncClient(verify=trust, trust_env=False)

    async def keep_probing(self, every_s: Callable[[], float]) -> None:
        """Carry all checks out again and again, for ever; `every_s` stands in for their own periods."""
        try:
            while True:
                await self.probe_all()
                await asyncio.sleep(every_s())
        finally:
            await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def probe_all(self) -> None:
        """Carry every check out once, side by side."""
        async with asyncio.TaskGroup() as group:
            for check in self._checks.checks.all:
                group.create_task(self.probe(check))

    async def probe(self, check: Any) -> None:
        host = check.monitored_resource.labels["host"]
        try:
            answer = await self._client.get(
                f"https://127.0.0.1:{self._port}{check.http_check.path or '/'}",
                headers={"host": host, "user-agent": "GoogleStackdriverMonitoring-UptimeChecks"},
                extensions={"sni_hostname": host},
                timeout=float(check.timeout.seconds),
            )
            has_passed = answer.is_success
        except httpx.HTTPError:
            has_passed = False
        now = time.time()
        labels = {
            "metric.labels.check_id": check.name.rpartition("/")[2],
            "metric.labels.checker_location": _LOCATION,
            "metric.labels.checked_resource_id": host,
            "resource.labels.project_id": self._store.project,
            "resource.labels.host": host,
        }
        self._store.write(CHECK_PASSED, labels, Point(now, now, has_passed))
