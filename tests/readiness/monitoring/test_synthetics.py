"""Did every synthetic journey run and pass recently?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

from gates.model.criterion import PLATFORM
from gates.model.target import Target
from journeys.checks import demand
from journeys.registry import JOURNEYS
from tests.observing import TIMEOUT_S
from tests.readiness.records import not_on_record

_LOG: Final = "release-gate-synthetic"
"""The log in which `gate synthetic` writes how each journey went."""


@pytest.mark.criterion("MON-07")
def test_journeys_are_recent(target: Target, google: Callable[[type[Any]], Any]) -> None:
    """The newest run of each journey passed and is recent; without any it is not run."""
    oldest = datetime.now(UTC) - timedelta(seconds=target.demand("MON-07").max_age_s)
    client = google(LoggingServiceV2Client)
    flaws, never = [], []
    for journey in JOURNEYS:
        request = {
            "resource_names": [f"projects/{target.project}"],
            "filter": f'logName="projects/{target.project}/logs/{_LOG}" AND jsonPayload.journey="{journey}"',
            "order_by": "timestamp desc",
            "page_size": 1,
        }
        newest = next(iter(client.list_log_entries(request=request, timeout=TIMEOUT_S)), None)
        if newest is None:
            never.append(journey)
        elif newest.timestamp < oldest:
            flaws.append(f"{journey} ran last at {newest.timestamp.isoformat()}")
        elif newest.json_payload.get("passed") is not True:
            flaws.append(f"{journey} failed at {newest.timestamp.isoformat()}")
    demand(not flaws, "; ".join(flaws), blames=PLATFORM)
    if never:
        not_on_record(
            f"no run on record of {', '.join(never)}",
            command=f"gate synthetic --all --env {target.environment}",
        )
