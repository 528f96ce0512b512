"""Is one load run slower than another? As far as two runs on a machine that does other things can tell.

What else a machine does makes answers slower, never faster. So each run is cut into parts, parts in which
the machine was overloaded are left out, and the fastest part counts. How well its percentiles are known
depends on the number of its requests.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from load.fault import disturbed
from load.record import Record, Span
from load.summary import Figure, latency, percentile

PARTS = 5
QUANTILES = (0.5, 0.95)
_SURE = 2.576
"""Standard deviations beyond which a share lies with a probability of 1 %."""
_RESOLUTION_MS = 5.0
"""A difference that no user and no clock of a shared machine can tell."""
_ALIKE = 0.1
"""Machines whose idle or contended time differs by a larger share than that are not compared."""


@dataclass(frozen=True, slots=True)
class Level:
    """A percentile of the fastest part of a run, in milliseconds, and the bounds between which it lies."""

    lower: float
    seen: float
    upper: float


def compare(now: Record, before: Record) -> tuple[Figure, str]:
    """Return how many times slower a run is than an earlier one, and why that may not be the platform's.

    The larger ratio of medians and 95th percentiles: as it was seen, and what it is at least. An earlier run
    that was disturbed all the time shows nothing, good or bad: as seen the ratio is infinite then.
    """
    overloaded = "the machine of the load generator was overloaded all the time in"
    if any(level(before, quantile) is None for quantile in QUANTILES):
        return Figure(math.inf, 0.0), f"{overloaded} the earlier run"
    ratios = [_ratio(now, before, quantile) for quantile in QUANTILES]
    largest = Figure(max(one.seen for one in ratios), max(one.at_best for one in ratios))
    if level(now, QUANTILES[0]) is None:
        return largest, f"{overloaded} this run"
    if not _is_alike(now, before):
        doubt = "the machine of the load generator was busier than in the earlier run"
        return Figure(largest.seen, 0.0), doubt
    return largest, "the difference is within what such a run can tell"


def _ratio(now: Record, before: Record, quantile: float) -> Figure:
    own, earlier = level(now, quantile), level(before, quantile)
    if earlier is None:
        return Figure(math.inf, 0.0)
    if own is None:
        return Figure(_whole(now, quantile) / max(earlier.seen, 1e-9), 0.0)
    least = max(0.0, own.lower - _RESOLUTION_MS) / max(earlier.upper, 1e-9)
    return Figure(own.seen / max(earlier.seen, 1e-9), least)


def level(record: Record, quantile: float) -> Level | None:
    """Return a percentile of the fastest part without an overload; None without such a part."""
    levels = [_level(part, quantile) for part in _calm_parts(record) if part]
    if not levels:
        return None
    return Level(*(min(getattr(one, name) for one in levels) for name in ("lower", "seen", "upper")))


def _level(latencies: Sequence[float], quantile: float) -> Level:
    count = len(latencies)
    spread = _SURE * math.sqrt(quantile * (1 - quantile) / count)
    low, high = max(0.0, quantile - spread), min(1.0, quantile + spread)
    return Level(*(percentile(latencies, share) for share in (low, quantile, high)))


def _calm_parts(record: Record) -> Iterable[Sequence[float]]:
    window, length, excuses = record.window, record.offer.seconds / PARTS, disturbed(record)
    for number in range(PARTS):
        part = Span(window.start + number * length, window.start + (number + 1) * length)
        if not any(span.overlaps(part.start, part.end) for span in excuses):
            yield [latency(one, end=window.end) for one in record.sent if part.start <= one.due < part.end]


def _whole(record: Record, quantile: float) -> float:
    window = record.window
    due = [one for one in record.sent if window.start <= one.due < window.end]
    return percentile([latency(one, end=window.end) for one in due], quantile)


def _is_alike(now: Record, before: Record) -> bool:
    """Whether the machine had as much to spare as before; what nobody counts says nothing."""
    busier = (
        _mean(now, "contended") - _mean(before, "contended"),
        _mean(before, "idle") - _mean(now, "idle"),
    )
    return all(difference <= _ALIKE for difference in busier if not math.isnan(difference))


def _mean(record: Record, name: str) -> float:
    seen = [getattr(sample, name) for sample in record.samples if sample.at >= record.window.start]
    known = [value for value in seen if value is not None]
    return fmean(known) if known else math.nan
