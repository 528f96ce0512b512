"""What the platform's own monitoring says of a revision."""

from __future__ import annotations

from dataclasses import dataclass

from gates.model.evidence import Measurement, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A measurement that the platform's monitoring made of one revision.

    `service` is the Cloud Run name. `samples` is how many requests (or readings, for a gauge) the number
    rests on. `window` is the time that was really looked at: it ends earlier than what was asked for when the
    newest samples cannot be visible yet. Where there is no data there is no signal.

    Raises:
        ValueError: a signal without samples.
    """

    service: str
    revision: str
    measurement: Measurement
    samples: int
    window: Window

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError(f"{self.service}: a signal rests on at least one sample, got {self.samples}")
