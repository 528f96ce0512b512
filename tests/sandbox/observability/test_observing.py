"""What producers read from Monitoring: whole windows, merged distributions, and no number without data."""

from __future__ import annotations

import time

import pytest
from google.cloud import monitoring_v3

from gates.model.criterion import Comparator
from gates.model.target import Demand
from sandbox import topology
from sandbox.platform.monitoring.store import InstanceReading
from tests.observing import CloudMetrics, Part, holds, wait_for
from tests.sandbox.observability.conftest import SERVICE, Watch
from tests.support import builders

REVISION = f"{SERVICE}-00001-aaa"
PART = Part(service=SERVICE, revision=REVISION)


@pytest.fixture
def metrics(watch: Watch) -> CloudMetrics:
    """The reader under test, on a target whose samples are visible after ten seconds."""
    target = builders.target(
        fingerprint="f",
        project=topology.PROJECT,
        region=topology.REGION,
        service_name="isectech-{service}-sandbox",
        allowed_impacts=(),
        metrics_delay_s=10.0,
    )
    return CloudMetrics(watch.client(monitoring_v3.MetricServiceClient), target)


def test_no_data_is_no_number(metrics: CloudMetrics) -> None:
    """Without samples there is no count of any class, no percentile, no minute, no beginning."""
    window = metrics.window(120)
    assert metrics.requests(PART, window) == {}
    assert metrics.latency(PART, window, 95) is None
    assert metrics.minutes(PART, window) == 0
    assert metrics.first_seen(PART, window) is None


def test_requests_are_counted_by_class(watch: Watch, metrics: CloudMetrics) -> None:
    """Each class has its count, of the named revision alone; the caller's errors do not count as latency."""
    for code in [200] * 8 + [404] * 3 + [503]:
        watch.request(code, ago=40)
    window = metrics.window(120)
    assert metrics.requests(PART, window) == {"2xx": 8, "4xx": 3, "5xx": 1}
    assert metrics.requests(Part(service=SERVICE, revision="another"), window) == {}
    latency = metrics.latency(PART, window, 95)
    assert latency is not None
    assert latency[1] == 9
    assert 15 < latency[0] < 30


def test_the_window_ends_before_what_may_still_be_missing(watch: Watch, metrics: CloudMetrics) -> None:
    """The newest samples are left out for as long as some of them may be invisible."""
    watch.request(ago=0)
    window = metrics.window(120)
    assert 0 <= time.time() - 10 - window.end < 2
    assert window.seconds == 120
    assert metrics.requests(PART, window) == {}


def test_minutes_with_an_instance_are_counted(watch: Watch, metrics: CloudMetrics) -> None:
    """A revision counts as seen in a minute when at least one instance was."""
    window = metrics.window(120)
    for ago in (100, 30):
        reading = InstanceReading(service=SERVICE, revision=REVISION, active=0, idle=1)
        watch.store.record_instances(window.end - ago, [reading])
    assert metrics.minutes(PART, window) == 2


def test_points_after_a_moment_are_seen(watch: Watch, metrics: CloudMetrics) -> None:
    """A request is known to have arrived once a point that ended after it is visible."""
    since = time.time() - 20
    assert metrics.arrivals(PART, "request_count", since) == 0
    watch.request(ago=15)
    assert wait_for(lambda: metrics.arrivals(PART, "request_count", since), seconds=2) == 1


@pytest.mark.parametrize(
    ("comparator", "value", "expected"),
    [
        (Comparator.GE, 0.999, True),
        (Comparator.GE, 0.998, False),
        (Comparator.LT, 0.999, False),
        (Comparator.LE, 0.999, True),
        (Comparator.GT, 0.999, False),
    ],
)
def test_limits_are_compared_in_their_direction(
    comparator: Comparator, value: float, *, expected: bool
) -> None:
    """A value at the limit is good or bad as the comparator says."""
    wanted = Demand(criterion="SLI-AVAIL", services=(), comparator=comparator, threshold=0.999)
    assert holds(value, wanted) is expected
