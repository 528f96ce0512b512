"""What services say of themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """One circuit breaker of one service; `name` is the dependency behind it."""

    service: str
    name: str
    state: str
    failures: int
    opened: int

    @property
    def is_closed(self) -> bool:
        """Whether calls go through."""
        return self.state == "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth:
    """One service as it answered just now; `trouble` says what is wrong, empty when nothing is.

    `unasked` says why its circuits could not be asked for when that is not the service's own fault.
    """

    service: str
    is_alive: bool
    is_ready: bool
    revision: str
    version: str
    circuits: tuple[Circuit, ...]
    trouble: str = ""
    unasked: str = ""

    @classmethod
    def unknown(cls, service: str, trouble: str) -> ServiceHealth:
        """Return what is said of a service that gives no answer."""
        return cls(
            service=service,
            is_alive=False,
            is_ready=False,
            revision="",
            version="",
            circuits=(),
            trouble=trouble,
        )

    @property
    def is_well(self) -> bool:
        """Whether it lives, is ready, was asked for its circuits, and all of them are closed."""
        return self.is_unhurt and not self.unasked

    @property
    def is_unhurt(self) -> bool:
        """Whether nothing is wrong with it as far as it could be asked."""
        return (
            self.is_alive and self.is_ready and not self.trouble and all(c.is_closed for c in self.circuits)
        )

    @property
    def shortcoming(self) -> str:
        """What keeps it from being known as well; empty when nothing does."""
        return self.trouble or self.unasked


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """The cached-token fallback: its mode (`auto`, `on`, `off`), and how often a cached answer was used."""

    mode: str
    max_age_s: float
    used: int
    refused: int
