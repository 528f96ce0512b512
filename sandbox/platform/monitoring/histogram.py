"""Latency distributions in exponential buckets, as Cloud Monitoring keeps them.

Bucket 0 holds values below 1 ms, bucket i (1..66) values in [1.4^(i-1), 1.4^i), bucket 67 the rest.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

SCALE: Final = 1.0
GROWTH: Final = 1.4
FINITE_BUCKETS: Final = 66
_LAST: Final = FINITE_BUCKETS + 1
_BOUNDS: Final = tuple(SCALE * GROWTH**exponent for exponent in range(_LAST))


def bucket_of(value: float) -> int:
    """Return the index of the bucket that `value` falls into."""
    return bisect.bisect_right(_BOUNDS, value)


def _lower_bound(bucket: int) -> float:
    return _BOUNDS[bucket - 1] if bucket else 0.0


@dataclass(slots=True)
class Histogram:
    """A distribution: how many values each bucket holds and all do, and their exact sum."""

    buckets: dict[int, int] = field(default_factory=dict)
    count: int = 0
    total: float = 0.0

    @property
    def mean(self) -> float:
        """Exact mean of the values, 0.0 when it is empty."""
        return self.total / self.count if self.buckets else 0.0

    def add(self, value: float) -> None:
        bucket = bucket_of(value)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.count += 1
        self.total += value

    def dense(self) -> list[int]:
        """Return the counts from bucket 0 to the last one that is not empty."""
        return [self.buckets.get(bucket, 0) for bucket in range(max(self.buckets, default=-1) + 1)]

    def percentile(self, percent: float) -> float:
        """Return the percentile, interpolated inside its bucket: no more exact than the real service.

        Raises:
            ValueError: there are no values.
        """
        if not self.buckets:
            raise ValueError("an empty distribution has no percentile")
        wanted, below = percent / 100 * self.count, 0
        bucket = max(self.buckets)
        for bucket in sorted(self.buckets):
            if below + self.buckets[bucket] >= wanted:
                break
            below += self.buckets[bucket]
        low, high = _lower_bound(bucket), _lower_bound(min(bucket + 1, _LAST))
        return low + (high - low) * (wanted - below) / self.buckets[bucket]


def merged(histograms: Iterable[Histogram]) -> Histogram:
    result = Histogram()
    for histogram in histograms:
        for bucket, count in histogram.buckets.items():
            result.buckets[bucket] = result.buckets.get(bucket, 0) + count
        result.count += histogram.count
        result.total += histogram.total
    return result
