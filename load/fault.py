"""Whose fault it is when less was reached than offered, or later: decided by what was recorded.

- The generator: its loop stood still, or requests left late although a connection was free. Then the run says
  nothing about the platform, good or bad.
- The machine: for a while no processor was idle. What was slow or failed then may be the machine's doing.
  Only what is bad without those requests is the platform's.
- The platform: requests were not answered, or waited until a connection was free, while the loop was on time.
"""

from __future__ import annotations

from collections.abc import Iterable

from load.machine import Sample
from load.record import Record, Sent, Span

STOOD_STILL_S = 1.0
"""A single stall of the generator's loop that is so long voids the run."""
LATE_S, LATE_SHARE = 0.25, 0.05
"""So many requests that left so late although a connection was free void the run."""
NOTICED_S = 0.2
"""What was in flight during a stall of this length may have been late because of it."""
LEAST_IDLE, MOST_QUEUED, MOST_CONTENDED, MOST_THROTTLED = 0.05, 0.2, 0.8, 0.05
"""Shares of time beyond which the machine was overloaded."""
RECOVERY_S = 1.0
"""What a disturbance left behind takes at least so long to drain."""


def generator_fault(record: Record) -> str:
    """Return in words why the run says nothing about the platform; empty when it does."""
    window = record.window
    still = max((late for at, late in record.stalls if window.overlaps(at, at + late)), default=0.0)
    if still >= STOOD_STILL_S:
        return f"the load generator stood still for {still:.1f} s of the {record.offer.seconds:g} s"
    due = [one for one in record.sent if _is_due(one.due, window)]
    late = [one for one in due if one.lag > LATE_S]
    if len(late) > LATE_SHARE * len(due):
        return (
            f"the load generator sent {len(late):,} of {len(due):,} requests more than {LATE_S:g} s late"
            " although a connection was free"
        )
    return ""


def machine_fault(record: Record) -> str:
    """Return in words how long the machine was overloaded; empty when it was not."""
    window = record.window
    seconds = sum(min(one.end, window.end) - max(one.start, window.start) for one in overloaded(record))
    if seconds <= 0:
        return ""
    idle = [s.idle for s in record.samples if s.idle is not None and window.overlaps(s.at, s.at + s.length)]
    left = f"; {sum(idle) / len(idle):.0%} of its processors' time was idle" if idle else ""
    whole = f"{seconds:.1f} s of {record.offer.seconds:g} s"
    return f"the machine of the load generator was overloaded in {whole}{left}"


def platform_fault(record: Record) -> str:
    """Return in words what the platform left waiting; empty when nothing waited."""
    end = record.window.end
    waiting = [one for one in record.sent if one.due < end and (one.done is None or one.done > end)]
    crowded = [one for one in record.sent if one.free > one.due + NOTICED_S]
    if not (record.unsent or crowded):
        return ""
    worst = max((late for _, late in record.stalls), default=0.0)
    loop = f"at most {worst:.2f} s late" if worst else "on time"
    return (
        f"the platform left {len(waiting):,} requests unanswered and {len(record.unsent):,} waiting when the"
        f" time was over; all {record.offer.connections} connections waited for its answers,"
        f" the load generator's loop was {loop}"
    )


def overloaded(record: Record) -> tuple[Span, ...]:
    """Return when the machine was overloaded within the measured time, stalls of the loop included."""
    window = record.window
    spans = [Span(at, at + late) for at, late in record.stalls if late >= NOTICED_S]
    spans += [Span(one.at, one.at + one.length) for one in record.samples if is_overloaded(one)]
    return _merged(span for span in spans if window.overlaps(span.start, span.end))


def disturbed(record: Record) -> tuple[Span, ...]:
    """Return when a request may have been slow because of the machine: the overload, and what it left."""
    return _merged(
        Span(one.start, one.end + max(RECOVERY_S, one.end - one.start)) for one in overloaded(record)
    )


def is_overloaded(sample: Sample) -> bool:
    """Whether the machine had no processor to spare; what nobody counts says nothing."""
    return (
        (sample.idle is not None and sample.idle < LEAST_IDLE)
        or (sample.queued is not None and sample.queued > MOST_QUEUED)
        or (sample.contended is not None and sample.contended > MOST_CONTENDED)
        or (sample.throttled is not None and sample.throttled > MOST_THROTTLED)
    )


def is_excused(sent: Sent, spans: tuple[Span, ...], *, end: float) -> bool:
    """Whether a request was due or in flight while the machine was disturbed."""
    return any(span.overlaps(sent.due, end if sent.done is None else sent.done) for span in spans)


def _is_due(due: float, window: Span) -> bool:
    return window.start <= due < window.end


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)
