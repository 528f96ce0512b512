"""What the store keeps, what it forgets, and how exact its histograms are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.platform.contract import RequestSample, SampleSink
from sandbox.platform.monitoring.histogram import GROWTH, Histogram, merged
from sandbox.platform.monitoring.metrics import REQUEST_COUNT
from sandbox.platform.monitoring.store import INTERVAL_S, RETENTION_S, SampleStore
from tests.sandbox.signals.conftest import GOOD, NOW, SERVICE

LATENCIES = st.lists(st.floats(min_value=1, max_value=1e6), min_size=1, max_size=200)


def sample(at: float, *, code: int = 200, revision: str = GOOD) -> RequestSample:
    """Return one sample of the one service."""
    return RequestSample(at=at, service=SERVICE, revision=revision, code=code, latency_ms=1.0)


def kept(store: SampleStore) -> int:
    """Return how many requests the store still knows."""
    series = store.series(REQUEST_COUNT, 0, NOW * 2, lambda _labels: True)
    return sum(int(point.value) for one in series for point in one.points if isinstance(point.value, int))


def filled(values: list[float]) -> Histogram:
    """Return the histogram of the values."""
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def test_memory_is_bounded_and_the_oldest_go_first() -> None:
    """Beyond its capacity the store drops whole intervals, oldest first."""
    sink: SampleSink
    sink = store = SampleStore(project="p", region="r", capacity=100)
    for interval in range(1_000):
        sink.record(sample(NOW + interval * INTERVAL_S))
    assert kept(store) == 100
    newest = store.series(REQUEST_COUNT, 0, NOW * 2, lambda _labels: True)[0].points[-1]
    assert newest.end == NOW + 1_000 * INTERVAL_S


def test_one_busy_interval_is_never_dropped() -> None:
    """The current interval is kept whole, also when it alone is beyond the capacity."""
    store = SampleStore(project="p", region="r", capacity=3)
    for code in range(200, 210):
        store.record(sample(NOW, code=code))
    assert kept(store) == 10


def test_intervals_beyond_the_retention_are_forgotten() -> None:
    """What is older than the retention goes when something newer comes."""
    store = SampleStore(project="p", region="r")
    store.record(sample(NOW))
    store.record(sample(NOW + RETENTION_S))
    assert kept(store) == 2
    store.record(sample(NOW + RETENTION_S + INTERVAL_S))
    assert kept(store) == 2


@given(LATENCIES, st.sampled_from([5, 50, 95, 99, 100]))
def test_a_percentile_is_off_by_one_bucket_at_most(values: list[float], percent: int) -> None:
    """Interpolation stays inside the bucket of the true percentile."""
    rank = max(1, -(-percent * len(values) // 100))
    true = sorted(values)[rank - 1]
    estimate = filled(values).percentile(percent)
    assert true / GROWTH * 0.999 <= estimate <= true * GROWTH * 1.001


@given(LATENCIES, LATENCIES)
def test_merging_loses_nothing(one: list[float], other: list[float]) -> None:
    """The merged histogram is the histogram of all values."""
    both = merged([filled(one), filled(other)])
    assert both.buckets == filled(one + other).buckets
    assert both.count == len(one) + len(other)
    assert both.total == pytest.approx(sum(one) + sum(other))


def test_an_empty_distribution_has_no_percentile() -> None:
    """No values is an error, not a percentile of zero."""
    with pytest.raises(ValueError, match="empty"):
        Histogram().percentile(95)
