"""Is there a dashboard, and does what it shows arrive?"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final

import pytest
from google.cloud import monitoring_dashboard_v1

from gates.model.criterion import PLATFORM
from gates.model.target import Target
from journeys.checks import demand
from tests.observing import TIMEOUT_S, CloudMetrics, Window

_METRIC: Final = re.compile(r'metric\.type\s*=\s*"([^"]+)"')
_NEEDED: Final = ("run.googleapis.com/request_count", "run.googleapis.com/request_latencies")
_OWN: Final = ("custom.googleapis.com/", "workload.googleapis.com/", "prometheus.googleapis.com/")
_RECENT_S: Final = 600


@pytest.mark.criterion("MON-02")
def test_dashboard_exists(target: Target, google: Callable[[type[Any]], Any], metrics: CloudMetrics) -> None:
    """The dashboard shows requests, latency and metrics of the platform's own, and these have new points."""
    client = google(monitoring_dashboard_v1.DashboardsServiceClient)
    name = target.service_name.replace("-{service}", "")
    found = list(client.list_dashboards(parent=f"projects/{target.project}", timeout=TIMEOUT_S))
    ours = [one for one in found if name in (one.display_name, one.name.rpartition("/")[2])]
    demand(ours, f"has no dashboard {name}, only {[one.display_name for one in found]}", blames=PLATFORM)

    shown = set(_METRIC.findall(str(monitoring_dashboard_v1.Dashboard.to_json(ours[0])).replace('\\"', '"')))
    missing = [metric for metric in _NEEDED if metric not in shown]
    demand(not missing, f"the dashboard does not show {', '.join(missing)}", blames=PLATFORM)
    own = sorted(metric for metric in shown if metric.startswith(_OWN))
    demand(own, "the dashboard shows no metric of the platform's own", blames=PLATFORM)

    now = int(time.time())
    recent = Window(now - _RECENT_S, now + 1)
    silent = [metric for metric in own if not metrics.series(f'metric.type = "{metric}"', recent)]
    demand(not silent, f"nothing arrived of {', '.join(silent)} for {_RECENT_S} s", blames=PLATFORM)
