"""Does an error of a service appear in Error Reporting?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from google.cloud import errorreporting_v1beta1 as reporting

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand
from tests.observing import TIMEOUT_S, wait_for

Google = Callable[[type[Any]], Any]


@pytest.mark.criterion("MON-08")
@pytest.mark.impact("creates-data")
@pytest.mark.waits("planted")
def test_planted_error_appears(
    service: ServiceTarget, target: Target, google: Google, planted: tuple[Mapping[str, str], float]
) -> None:
    """The planted error is a group of its service and revision."""
    marks, since = planted
    client = google(reporting.ErrorStatsServiceClient)
    request = {
        "project_name": f"projects/{target.project}",
        "service_filter": {"service": target.cloud_run_name(service.name), "version": service.revision},
        "time_range": {"period": "PERIOD_1_HOUR"},
    }

    def look() -> bool:
        groups = client.list_group_stats(request=request, timeout=TIMEOUT_S)
        return any(marks[service.name] in group.representative.message for group in groups)

    within_s = target.demand("MON-08").limit("arrivesWithinSeconds")
    left = since + within_s - time.monotonic()
    message = f"a planted error did not appear within {within_s:g} s"
    demand(wait_for(look, seconds=left), message, blames=service.name)
