"""End to end: the gate's adapter reads what the sandbox's router measured, through the real client."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gates.adapters.google.cloud_monitoring import CloudMonitoring
from gates.errors import DeniedError
from gates.model.evidence import Window
from sandbox.platform.monitoring.store import InstanceReading
from tests.sandbox.signals.conftest import BAD, GOOD, NOW, PROJECT, SERVICE, Monitoring

MOMENT = datetime.fromtimestamp(NOW, UTC)
WINDOW = Window(start=MOMENT - timedelta(minutes=10), end=MOMENT)


@pytest.fixture
def gate(monitoring: Monitoring) -> Iterator[CloudMonitoring]:
    """The gate's adapter in front of the sandbox's Monitoring, with the sandbox's real delay."""
    monitoring.delay(180)
    adapter = CloudMonitoring(
        PROJECT, f"127.0.0.1:{monitoring.port}", region="us-central1", now=lambda: MOMENT
    )
    yield adapter
    adapter.close()


def test_each_revision_has_its_own_error_ratio(monitoring: Monitoring, gate: CloudMonitoring) -> None:
    """A bad canary is seen apart from its baseline, 4xx and invisible samples left out."""
    monitoring.record([200] * 96 + [500] * 4 + [401] * 900, revision=BAD, ago=300)
    monitoring.record([200] * 50, ago=300)
    monitoring.record([500] * 50, ago=60)
    bad, good = (gate.error_ratio(SERVICE, revision, WINDOW) for revision in (BAD, GOOD))
    assert bad is not None
    assert good is not None
    assert (bad.measurement.value, bad.samples) == (0.04, 100)
    assert (good.measurement.value, good.samples) == (0.0, 50)
    assert good.window.end == MOMENT - timedelta(seconds=180)


def test_latency_is_of_all_codes_merged(monitoring: Monitoring, gate: CloudMonitoring) -> None:
    """The percentile is taken over the merged distribution of quick successes and slow failures."""
    monitoring.record([200] * 90, ago=300, latency_ms=10)
    monitoring.record([500] * 10, ago=400, latency_ms=1_000)
    monitoring.record([404] * 900, ago=300, latency_ms=1)
    p50, p95 = (gate.latency_percentile(SERVICE, GOOD, WINDOW, percentile) for percentile in (50, 95))
    assert p50 is not None
    assert p95 is not None
    assert p50.measurement.value == pytest.approx(10, rel=0.4)
    assert p95.measurement.value == pytest.approx(1_000, rel=0.4)
    assert p95.samples == 100


def test_requests_and_instances_are_counted(monitoring: Monitoring, gate: CloudMonitoring) -> None:
    """All requests count for throughput; instances are averaged by the minute."""
    monitoring.record([200] * 5 + [404] * 2, ago=300)
    for ago, active in ((400, 2), (310, 4), (250, 1)):
        reading = InstanceReading(service=SERVICE, revision=GOOD, active=active, idle=1)
        monitoring.store.record_instances(NOW - ago, [reading])
    requests = gate.request_count(SERVICE, GOOD, WINDOW)
    instances = gate.instance_count(SERVICE, GOOD, WINDOW)
    assert requests is not None
    assert instances is not None
    assert requests.samples == 7
    assert (instances.measurement.value, instances.samples) == (5.0, 3)


def test_a_silent_revision_has_no_signal(monitoring: Monitoring, gate: CloudMonitoring) -> None:
    """Only fresh samples, only refused callers, or none at all: nothing is known."""
    monitoring.record([200] * 50, ago=60)
    monitoring.record([401] * 50, revision=BAD, ago=300)
    assert gate.error_ratio(SERVICE, GOOD, WINDOW) is None
    assert gate.latency_percentile(SERVICE, GOOD, WINDOW) is None
    assert gate.error_ratio(SERVICE, BAD, WINDOW) is None
    assert gate.latency_percentile(SERVICE, BAD, WINDOW) is None
    assert gate.instance_count(SERVICE, GOOD, WINDOW) is None


def test_another_project_is_denied(monitoring: Monitoring) -> None:
    """The wrong project is an error with a next step, never an empty answer."""
    adapter = CloudMonitoring("other", f"127.0.0.1:{monitoring.port}", now=lambda: MOMENT)
    with pytest.raises(DeniedError) as caught:
        adapter.request_count(SERVICE, GOOD, WINDOW)
    adapter.close()
    assert "roles/monitoring.viewer" in caught.value.next_step
