"""Can what a service did be found again in Cloud Logging?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand
from tests.observing import TIMEOUT_S, wait_for


@pytest.mark.criterion("MON-04")
@pytest.mark.waits("marked")
def test_marker_is_found(
    service: ServiceTarget,
    target: Target,
    google: Callable[[type[Any]], Any],
    marked: tuple[Mapping[str, str], float],
) -> None:
    """The log holds the marked request, under the name of the service that it was sent to."""
    marks, sent = marked
    client = google(LoggingServiceV2Client)
    since = (datetime.now(UTC) - timedelta(minutes=15)).isoformat()
    text = (
        f'resource.type="cloud_run_revision" AND timestamp>="{since}"'
        f' AND resource.labels.service_name="{target.cloud_run_name(service.name)}"'
        f' AND httpRequest.requestUrl:"{marks[service.name]}"'
    )
    request = {"resource_names": [f"projects/{target.project}"], "filter": text, "page_size": 1}
    within_s = target.demand("MON-04").limit("arrivesWithinSeconds")
    left = sent + within_s - time.monotonic()

    found = wait_for(lambda: list(client.list_log_entries(request=request, timeout=TIMEOUT_S)), seconds=left)
    demand(found, f"a marked request was not in the log within {within_s:g} s", blames=service.name)
