"""Can what a service did be found again in Cloud Logging?"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand
from tests.observing import TIMEOUT_S, wait_for

_ARRIVES_S: Final = 60.0


@pytest.fixture(scope="session")
def marked(
    target: Target, http: Callable[[str], httpx.Client], label: str
) -> tuple[Mapping[str, str], float]:
    """Send a request with a mark of its own to every service; the marks, and when the last one was sent."""
    marks = {}
    for service in target.services:
        marks[service.name] = f"{label}-{secrets.token_hex(6)}"
        http(service.name).get("/healthz", params={"marker": marks[service.name]})
    return marks, time.monotonic()


@pytest.mark.criterion("MON-04")
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
    left = sent + _ARRIVES_S - time.monotonic()

    found = wait_for(lambda: list(client.list_log_entries(request=request, timeout=TIMEOUT_S)), seconds=left)
    demand(found, f"a marked request was not in the log within {_ARRIVES_S:g} s", blames=service.name)
