"""How a service is deployed, as far as operations look at it or change it."""

from __future__ import annotations

from dataclasses import dataclass

from gates.model.state import Purpose


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
    """How one service may grow, and its latest ready revision.

    `scaling` is the service's own; `revision_maximum` is the latest revision's bound, which holds when the
    service sets none.
    """

    service: str
    latest_ready: str
    scaling: Scaling
    revision_maximum: int
    concurrency: int

    @property
    def maximum(self) -> int:
        """The bound that holds."""
        return self.scaling.maximum or self.revision_maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A revision that the gate makes: today's template with `image`, or a copy of the revision `source`.

    `purpose` is None for a revision that is to be judged like any release.

    Raises:
        ValueError: neither or both of `image` and `source` are given.
    """

    name: str
    purpose: Purpose | None = None
    image: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if bool(self.image) == bool(self.source):
            raise ValueError(f"{self.name} has an image of its own or a source, got {self}")

    @property
    def mark(self) -> str:
        """The text of the revision's annotation, which distinguishes it from a release; may be empty."""
        return f"{self.purpose} {self.name}" if self.purpose else ""
