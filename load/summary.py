"""The figures of a load run: as they were seen, and as they are at best without the machine's own share.

The truth lies between both. A demand that holds for what was seen is met; one that fails even at best is not;
in between nobody can say.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from load.fault import disturbed, is_excused, machine_fault, platform_fault
from load.profiles import Kind
from load.record import Record, Sent, Span

_OK = range(200, 300)
_LATE_STATUSES = frozenset((0, 408, 429, 502, 503, 504))
"""What an answer that took too long anywhere on its way ends in; 0 is no answer."""
_THROUGH = 4
"""Parts of a path that leads through the gateway: /api/v1/<service>/…"""
_STANDS_OUT = 3.0
"""So many times the figure of every other path points at the service behind one path."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it was seen, and the best that it can have been without the machine's own share."""

    seen: float
    at_best: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSummary:
    """What was seen of one path; latencies in milliseconds."""

    path: str
    failed: int
    median: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSummary:
    """What a run of a profile saw after its warm-up.

    Latencies count from the moment at which a request was due. Anything but 2xx counts as failed.
    """

    offered: int
    """Requests that were due."""
    requests: int
    """Those of them that were sent."""
    failed: int
    achieved: Figure
    """Requests that ended in the measured time over requests that were due in it."""
    error_ratio: Figure
    p95: Figure
    """Milliseconds."""
    statuses: tuple[tuple[int, int], ...]
    """Pairs (status, how often); status 0 is no answer."""
    by_path: tuple[PathSummary, ...]
    machine: str
    """In words, how long the machine was overloaded; empty when it was not."""
    platform: str
    """In words, what the platform left waiting; empty when nothing waited."""
    opening: str
    """In words, how long the first requests took, before anything was measured."""


def summarise(record: Record) -> LoadSummary:
    """Return the figures of a record."""
    window, excuses = record.window, disturbed(record)
    due = [one for one in record.sent if window.start <= one.due < window.end]
    unsent = [at for at in record.unsent if window.start <= at < window.end]
    offered = len(due) + len(unsent) if record.offer.kind is Kind.ARRIVALS else record.offer.requests
    ended = sum(one.done is not None and window.start <= one.done < window.end for one in record.sent)
    achieved = ended / offered if offered else 0.0
    share = sum(min(one.end, window.end) - max(one.start, window.start) for one in excuses)
    return LoadSummary(
        offered=offered,
        requests=len(due),
        failed=sum(one.status not in _OK for one in due),
        achieved=Figure(achieved, max(achieved, min(1.0, achieved + share / record.offer.seconds))),
        error_ratio=_errors(due, excuses, end=window.end),
        p95=_p95(record, due, unsent),
        statuses=tuple(sorted(Counter(one.status for one in due).items())),
        by_path=tuple(_by_path(record, due)),
        machine=machine_fault(record),
        platform=platform_fault(record),
        opening=_opening(record),
    )


def _errors(due: Sequence[Sent], excuses: tuple[Span, ...], *, end: float) -> Figure:
    failed = [one for one in due if one.status not in _OK]
    certain = [
        one for one in failed if one.status not in _LATE_STATUSES or not is_excused(one, excuses, end=end)
    ]
    return Figure(len(failed) / len(due), len(certain) / len(due)) if due else Figure(0.0, 0.0)


def _p95(record: Record, due: Sequence[Sent], unsent: Sequence[float]) -> Figure:
    excuses, end = disturbed(record), record.window.end
    seen = [latency(one, end=end) for one in due] + [(end - at) * 1000 for at in unsent]
    best = [0.0 if is_excused(one, excuses, end=end) else latency(one, end=end) for one in due]
    best += [0.0 if any(span.overlaps(at, end) for span in excuses) else (end - at) * 1000 for at in unsent]
    return Figure(percentile(seen, 0.95), percentile(best, 0.95))


def latency(sent: Sent, *, end: float) -> float:
    """Return the milliseconds from due to done; without an end those that were seen to pass at least."""
    return ((max(end, sent.sent) if sent.done is None else sent.done) - sent.due) * 1000


def _by_path(record: Record, due: Sequence[Sent]) -> Iterable[PathSummary]:
    for number, path in enumerate(record.paths):
        own = [one for one in due if one.path == number]
        latencies = [latency(one, end=record.window.end) for one in own]
        yield PathSummary(
            path=path.partition("?")[0],
            failed=sum(one.status not in _OK for one in own),
            median=percentile(latencies, 0.5),
            p95=percentile(latencies, 0.95),
        )


def _opening(record: Record) -> str:
    slowest = max((ms for _, ms, _ in record.opening), default=0.0)
    warm_up = sum(one.due < record.window.start for one in record.sent)
    failed = sum(status not in _OK for _, _, status in record.opening)
    said = f", {failed:,} of them failed" if failed else ""
    return (
        f"before: {len(record.opening):,} first requests, the slowest took {slowest:,.0f} ms{said},"
        f" and {warm_up:,} of the warm-up"
    )


def percentile(latencies: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile, 0 without any latency."""
    ordered = sorted(latencies)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def outlier(figures: Mapping[str, float]) -> str:
    """Return the path whose figure is several times that of every other, empty when none stands out."""
    ranked = sorted(figures, key=lambda path: figures[path], reverse=True)
    if not ranked or figures[ranked[0]] <= 0:
        return ""
    is_alone = len(ranked) == 1 or figures[ranked[0]] >= _STANDS_OUT * figures[ranked[1]]
    return ranked[0] if is_alone else ""


def service_behind(path: str, *, entrance: str) -> str:
    """Return the service that a path of the gateway leads to; the entrance itself for its own paths."""
    parts = path.split("/")
    is_through = len(parts) > _THROUGH and parts[1:3] == ["api", "v1"]
    return parts[3] if is_through else entrance
