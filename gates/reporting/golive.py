"""The schedule of a go-live and what it is about, in lines for a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from gates.model.timeline import GoLive, Timeline


def schedule_lines(timeline: Timeline, zero: datetime) -> list[str]:
    """Return when what happens; at `zero` the traffic moves."""
    return [
        f"{zero + slot.at:%Y-%m-%d %H:%M} UTC  {_offset(slot.at):>9}  {slot.name:16}  {slot.title}"
        for slot in timeline.slots
    ]


def opened_lines(opened: GoLive) -> list[str]:
    """Return what goes live, where and when."""
    head = f"go-live {opened.name} in {opened.environment}, traffic at {opened.zero:%Y-%m-%d %H:%M} UTC:"
    return [head, *(f"  {service}: {revision}" for service, revision in opened.candidates)]


def _offset(at: timedelta) -> str:
    minutes = int(abs(at).total_seconds() // 60)
    if not minutes:
        return "T-0"
    days, hours = (minutes // size if minutes % size == 0 else 0 for size in (1440, 60))
    span = f"{days} d" if days > 1 else f"{hours} h" if hours else f"{minutes} min"
    return f"T{'-' if at < timedelta() else '+'}{span}"
