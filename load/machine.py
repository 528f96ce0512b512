"""What happened to the generator itself: a loop that came late, and a machine without an idle processor.

Each figure is a share of the time it covers, or None where the system does not count it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

_NANO, _MICRO = 1e9, 1e6
_IDLE_COLUMNS = (4, 5)
"""`idle` and `iowait` of a line `cpuN …` in /proc/stat."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What the system has counted up to a moment; None where it does not count."""

    at: float
    idle: float | None
    """Seconds that the processors which this process may use were idle, on average."""
    queued: float | None
    """Seconds that this process waited for a processor."""
    contended: float | None
    """Seconds that anybody on this machine waited for a processor."""
    throttled: float | None
    """Seconds that this process' group was held back because it had used up its share."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The shares of one stretch of time, `at` to `at + length` seconds after the start."""

    at: float
    length: float
    idle: float | None
    queued: float | None
    contended: float | None
    throttled: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a Linux system counts; elsewhere these files are missing and nothing is known."""

    stat: Path = Path("/proc/stat")
    schedstat: Path = Path("/proc/self/schedstat")
    pressure: Path = Path("/proc/pressure/cpu")
    group: Path = Path("/sys/fs/cgroup/cpu.stat")

    def read(self) -> Counters:
        """Return all counters as they stand now."""
        return Counters(
            at=time.monotonic(),
            idle=_idle(self.stat),
            queued=_number(self.schedstat, lambda text: int(text.split()[1]) / _NANO),
            contended=_number(self.pressure, _pressure),
            throttled=_number(self.group, _throttled),
        )


def _number(path: Path, read: Callable[[str], float]) -> float | None:
    try:
        return read(path.read_text(encoding="ascii"))
    except (OSError, ValueError, IndexError):
        return None


def _pressure(text: str) -> float:
    """Return `some … total` in seconds (Linux, Documentation/accounting/psi.rst)."""
    return int(text.partition("total=")[2].split()[0]) / _MICRO


def _throttled(text: str) -> float:
    """Return `throttled_usec` in seconds (Linux, Documentation/admin-guide/cgroup-v2.rst)."""
    return int(text.partition("throttled_usec ")[2].split()[0]) / _MICRO


def _idle(path: Path) -> float | None:
    """Return the idle seconds of the processors that this process may use, per processor."""
    try:
        usable = {f"cpu{number}" for number in os.sched_getaffinity(0)}
        ticks = os.sysconf("SC_CLK_TCK")
        lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
        idle = [sum(int(line[column]) for column in _IDLE_COLUMNS) for line in lines if line[0] in usable]
        return sum(idle) / ticks / len(idle)
    except (OSError, ValueError, IndexError, AttributeError, ZeroDivisionError):
        return None


def between(before: Counters, after: Counters, *, start: float) -> Sample:
    """Return the shares of the time between two readings; `start` is when the clock started."""
    length = max(after.at - before.at, 1e-6)

    def share(name: str) -> float | None:
        first, last = getattr(before, name), getattr(after, name)
        return None if first is None or last is None else (last - first) / length

    return Sample(
        at=before.at - start,
        length=length,
        idle=share("idle"),
        queued=share("queued"),
        contended=share("contended"),
        throttled=share("throttled"),
    )


@dataclass(slots=True)
class Watch:
    """Looks at the loop and at the machine again and again, from `start` on.

    `pause` sleeps on the loop that is watched.
    """

    start: float
    pause: Callable[[float], None]
    tick_s: float = 0.05
    ticks_per_sample: int = 10
    noticed_s: float = 0.1
    """A pause that took so much longer than it should is a stall."""
    sources: Sources = field(default_factory=Sources)
    stalls: list[tuple[float, float]] = field(default_factory=list)
    """When the loop should have come back, and how late it came."""
    samples: list[Sample] = field(default_factory=list)

    def run(self, ticks: Iterable[int]) -> None:
        """Watch once for each of `ticks`."""
        before = self.sources.read()
        for number in ticks:
            wanted = time.monotonic() + self.tick_s
            self.pause(self.tick_s)
            late = time.monotonic() - wanted
            if late > self.noticed_s:
                self.stalls.append((wanted - self.start, late))
            if number % self.ticks_per_sample == 0 or late > self.noticed_s:
                after = self.sources.read()
                self.samples.append(between(before, after, start=self.start))
                before = after
