"""Did security monitoring watch the whole day, and does it ask for nobody's answer?"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

from gates.model.criterion import PLATFORM
from gates.model.target import Target
from journeys.checks import demand
from tests.observing import TIMEOUT_S

_LOG: Final = "security-monitoring"
"""Where security monitoring says that it lives, and what it found."""


@pytest.mark.criterion("REV-05")
def test_no_open_signal(target: Target, google: Callable[[type[Any]], Any]) -> None:
    """There were signs of life through the whole window, and no signal in it is still open."""
    client = google(LoggingServiceV2Client)
    since = datetime.now(UTC) - timedelta(seconds=target.long_term_s)

    def entries(more: str) -> list[Any]:
        name = f'logName="projects/{target.project}/logs/{_LOG}"'
        request = {
            "resource_names": [f"projects/{target.project}"],
            "filter": f'{name} AND timestamp>="{since.isoformat()}" AND {more}',
            "page_size": 1000,
        }
        return list(client.list_log_entries(request=request, timeout=TIMEOUT_S))

    longest = timedelta(seconds=target.long_term_s * target.demand("REV-05").limit("longestSilenceShare"))
    signs = [one.timestamp for one in entries('jsonPayload.kind="heartbeat"')]
    if signs and signs[0] - since > longest:
        pytest.skip(f"security monitoring is known since {signs[0].isoformat()}, wanted {since.isoformat()}")
    alive = [*signs, datetime.now(UTC)] if signs else [since, datetime.now(UTC)]
    gap = max(later - earlier for earlier, later in itertools.pairwise(alive))
    demand(gap <= longest, f"security monitoring was silent for {gap.total_seconds():.0f} s", blames=PLATFORM)

    resolved = {one.json_payload["signal"] for one in entries('jsonPayload.state="resolved"')}
    signals = [one.json_payload["signal"] for one in entries('jsonPayload.state="open"')]
    unanswered = sorted(signal for signal in signals if signal not in resolved)
    demand(not unanswered, f"signals without an answer: {', '.join(unanswered)}", blames=PLATFORM)
