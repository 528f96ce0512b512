"""Requests of one's own: so many as are wanted, and more callers where each waits long."""

from __future__ import annotations

import threading

import httpx
import pytest

from tests.validation import probes


def callers_of(count: int) -> tuple[probes.ProbeResult, int]:
    """Probe a service and return what was seen, and how many callers there were."""
    callers: set[int] = set()

    def answer(_request: httpx.Request) -> httpx.Response:
        callers.add(threading.get_ident())
        return httpx.Response(200)

    with httpx.Client(base_url="http://e", transport=httpx.MockTransport(answer)) as client:
        return probes.probe(client, "event-processor", count, headers={}), len(callers)


def test_a_quick_service_is_asked_by_a_few_callers_exactly_so_often() -> None:
    """No request more than wanted."""
    seen, callers = callers_of(200)
    assert (seen.answered, seen.failed, len(seen.latencies_ms)) == (200, 0, 200)
    assert callers <= 6


def test_a_slow_service_gets_more_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six callers of a service that needs seconds would never come to enough samples."""
    monkeypatch.setattr(probes, "_SLOW_MS", -1.0)
    seen, callers = callers_of(400)
    assert seen.answered == 400
    assert 6 < callers <= 48
