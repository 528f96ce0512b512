"""Does an uptime check watch every entrance of the platform, and does it pass?"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from google.cloud import monitoring_v3

from gates.model.target import Target
from journeys.checks import demand
from tests.observing import TIMEOUT_S, CloudMetrics, Window, wait_for

_PASSED: Final = (
    'metric.type = "monitoring.googleapis.com/uptime_check/check_passed" AND resource.type = "uptime_url"'
    ' AND metric.labels.check_id = "{}"'
)


@pytest.mark.criterion("INF-04")
def test_critical_endpoints_are_watched(
    target: Target, google: Callable[[type[Any]], Any], metrics: CloudMetrics
) -> None:
    """Each public host has a check over HTTPS that looks at the certificate, ran lately and passed."""
    client = google(monitoring_v3.UptimeCheckServiceClient)
    parent = f"projects/{target.project}"
    checks = list(client.list_uptime_check_configs(parent=parent, timeout=TIMEOUT_S))
    wanted = target.demand("INF-04")
    demand(target.public_urls, "has no public host that could be watched", blames="platform")
    for service, url in target.public_urls:
        host = urlsplit(url).hostname
        ours = [
            one
            for one in checks
            if one.monitored_resource.labels["host"] == host
            and one.http_check.use_ssl
            and one.http_check.validate_ssl
        ]
        demand(ours, f"no uptime check watches https://{host}", blames=service)
        for check in ours:
            recent_s = wanted.limit("periods") * check.period.total_seconds() + wanted.limit("graceSeconds")
            _demand_passes(check, metrics, service, recent_s)


def _demand_passes(check: Any, metrics: CloudMetrics, service: str, recent_s: float) -> None:
    def newest() -> list[bool]:
        now = int(time.time())
        text = _PASSED.format(check.name.rpartition("/")[2])
        found = metrics.series(text, Window(int(now - recent_s), now + 1))
        return [one.points[0].value.bool_value for one in found if one.points]

    results = wait_for(newest, seconds=TIMEOUT_S)
    demand(results, f"the uptime check {check.display_name!r} did not run for {recent_s:g} s", blames=service)
    demand(all(results), f"the uptime check {check.display_name!r} fails", blames=service)
