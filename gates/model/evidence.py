"""What was seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ATTESTATION = "attestation:"
"""Prefix of the producer of attested evidence; the role follows."""


class EvidenceStatus(StrEnum):
    """Whether something was seen at all."""

    OBSERVED = "OBSERVED"
    NOT_RUN = "NOT_RUN"
    ERRORED = "ERRORED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A finite number with its unit.

    Raises:
        ValueError: the value is NaN or infinite.
    """

    value: float
    unit: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"a measurement is finite, got {self.value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Start and end of an observation, both aware.

    Raises:
        ValueError: a time without zone, or the end before the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window's times carry a zone")
        if self.end < self.start:
            raise ValueError(f"a window ends after it starts: {self.start} .. {self.end}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an observation is about: a service (or the platform) at one revision."""

    service: str
    revision: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One observation about one criterion and one subject.

    `producer` is the full pytest node id (or `attestation:<file>`); `blames` names the service that a failed
    platform-wide observation points at. `reason` says in words what was seen or why nothing was.

    `held_back` says why the environment does not allow the check (its impact, or an identity that it lacks);
    empty if it allows it. `carried_from` is the run of another environment that a held-back check is answered
    from; `environment` and `window` are then that run's.

    Raises:
        ValueError: OBSERVED without a measurement, or a measurement without OBSERVED; negative samples.
    """

    criterion: str
    subject: Subject
    status: EvidenceStatus
    producer: str
    environment: str
    window: Window
    measurement: Measurement | None = None
    samples: int = 0
    reason: str = ""
    blames: str | None = None
    artefact: str | None = None
    held_back: str = ""
    carried_from: str | None = None

    def __post_init__(self) -> None:
        if (self.status is EvidenceStatus.OBSERVED) != (self.measurement is not None):
            raise ValueError(f"{self.criterion}: OBSERVED if and only if measured, got {self.status}")
        if self.samples < 0:
            raise ValueError(f"{self.criterion}: samples cannot be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBundle:
    """All evidence of one run, and the flaws of the channel that it came through.

    A flaw (a lost worker, a missing end record, two tests with one id) means that evidence may be missing
    without a trace: a bundle with flaws can never support GO.
    """

    items: tuple[Evidence, ...]
    flaws: tuple[str, ...] = ()
