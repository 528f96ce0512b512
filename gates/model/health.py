"""What services say of themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """One circuit breaker of one service; `name` is the dependency that it guards."""

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
    """One service as it answered just now; `trouble` says what is wrong, empty when nothing is."""

    service: str
    is_alive: bool
    is_ready: bool
    revision: str
    version: str
    circuits: tuple[Circuit, ...]
    trouble: str = ""

    @property
    def is_well(self) -> bool:
        """Whether it lives, is ready, has circuits to show, and all of them are closed."""
        return (
            self.is_alive and self.is_ready and not self.trouble and all(c.is_closed for c in self.circuits)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """The cached-token fallback: its mode (`auto`, `on`, `off`), and how often a cached answer was used."""

    mode: str
    max_age_s: float
    used: int
    refused: int
