"""What one run of the generator left behind, as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from load.machine import Sample
from load.profiles import Kind, Offer
from load.recorder import NOT_DONE


@dataclass(frozen=True, slots=True)
class Sent:
    """One request; moments in seconds after the start. `done` is None when no end of it was seen.

    `free` is when a connection was free for it, at `due` or later; `sent` minus the later of both is what the
    generator's own loop was late.
    """

    due: float
    free: float
    sent: float
    done: float | None
    status: int
    path: int

    @property
    def lag(self) -> float:
        """Seconds that the request was late although a connection was free."""
        return max(0.0, self.sent - max(self.due, self.free))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds after the start."""

    start: float
    end: float

    def overlaps(self, start: float, end: float) -> bool:
        """Whether any of `start` to `end` lies in it."""
        return start < self.end and end > self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One run: what was offered, what became of it, and what happened to the generator meanwhile."""

    offer: Offer
    paths: tuple[str, ...]
    opening: tuple[tuple[str, float, int], ...]
    """Path, milliseconds and status of each request before the clock started."""
    sent: tuple[Sent, ...]
    unsent: tuple[float, ...]
    """When each request was due that never found a free connection."""
    stalls: tuple[tuple[float, float], ...]
    """When the generator's loop should have come back, and how many seconds late it came."""
    samples: tuple[Sample, ...]
    cpu_s: float
    """Processor time that the generator used from the start on."""
    counted: int
    """Requests that the generator's own statistics counted."""

    @property
    def window(self) -> Span:
        """The time that is measured: from the end of the warm-up on."""
        return Span(self.offer.warm_up, self.offer.warm_up + self.offer.seconds)


def record_of(told: Mapping[str, Any]) -> Record:
    """Return the record in a document.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    offer = told["plan"]["offer"]
    return Record(
        offer=Offer(**{**offer, "kind": Kind(offer["kind"])}),
        paths=tuple(told["plan"]["paths"]),
        opening=tuple((str(path), float(ms), int(status)) for path, ms, status in told["opening"]),
        sent=tuple(
            Sent(due, free, sent, None if done == NOT_DONE else done, int(status), int(path))
            for due, free, sent, done, status, path in told["rows"]
        ),
        unsent=tuple(float(due) for due in told["unsent"]),
        stalls=tuple((float(at), float(late)) for at, late in told["stalls"]),
        samples=tuple(Sample(**sample) for sample in told["samples"]),
        cpu_s=float(told["cpu_s"]),
        counted=int(told["counted"]),
    )


def read_record(path: Path) -> Record:
    """Return the record in a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not a record.
    """
    try:
        return record_of(json.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name} is not a load record: {error!r}") from error
