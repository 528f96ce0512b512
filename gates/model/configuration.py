"""How a service is deployed, as far as operations look at it or change it."""

from __future__ import annotations

from dataclasses import dataclass

from gates.model.state import Purpose
from gates.model.traffic import TrafficSplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Bounds of a service's instances; a maximum of 0 means that the service sets none.

    Raises:
        ValueError: a bound is negative, or the minimum is above the maximum.
    """

    minimum: int
    maximum: int

    def __post_init__(self) -> None:
        if self.minimum < 0 or self.maximum < 0:
            raise ValueError(f"bounds start at 0, got {self.minimum} and {self.maximum}")
        if self.maximum and self.minimum > self.maximum:
            raise ValueError(f"the minimum {self.minimum} is above the maximum {self.maximum}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """One service: its bounds, its traffic, and what its latest revision runs.

    `scaling` is the service's own; `revision_maximum` is the latest revision's bound, which holds when the
    service sets none.
    """

    service: str
    uri: str
    image: str
    latest_ready: str
    scaling: Scaling
    revision_maximum: int
    concurrency: int
    traffic: TrafficSplit
    serving: tuple[tuple[str, int], ...]

    @property
    def maximum(self) -> int:
        """The bound that holds."""
        return self.scaling.maximum or self.revision_maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A revision that the gate is about to make, with the traffic list that is applied in the same write.

    `over` is the list that it takes the place of: when another one stands by then, nothing is written.
    """

    name: str
    purpose: Purpose
    traffic: TrafficSplit
    over: TrafficSplit

    @property
    def mark(self) -> str:
        """The text of the revision's annotation, which distinguishes it from a release."""
        return f"{self.purpose} {self.name}"
