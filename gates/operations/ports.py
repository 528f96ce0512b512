"""What the operations need of the world, as protocols; `gates.adapters` implements them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gates.model.configuration import Scaling, ServiceSettings
from gates.model.database import Backup, Database
from gates.model.health import Circuit, Fallback, ServiceHealth


class Services(Protocol):
    """The platform's own endpoints for operators. Every method raises CloudError."""

    def health(self, service: str) -> ServiceHealth:
        """Return what the service says of itself; never raises for a service that does not answer."""

    def is_ready(self, service: str) -> bool:
        """Whether the service lives and is ready; raise nothing but NotAskedError."""

    def circuits(self, service: str) -> tuple[Circuit, ...]:
        """Return the circuit breakers of a service."""

    def reset_circuit(self, service: str, name: str) -> Circuit:
        """Close one circuit breaker and return it."""

    def fallback(self) -> Fallback:
        """Return what the cached-token fallback does."""

    def switch_fallback(self, mode: str) -> Fallback:
        """Switch the cached-token fallback of all instances."""

    def token(self, identity: str) -> str:
        """Sign a test identity in anew and return its access token."""

    def sign_out(self, token: str) -> None:
        """Revoke a token at the issuer."""

    def status_with(self, token: str) -> int:
        """Return the HTTP status of a harmless request with that token to the service of the fallback."""


class Configuration(Protocol):
    """How services are scaled and configured. Every method raises CloudError."""

    def settings(self, service: str) -> ServiceSettings:
        """Return how a service is configured now."""

    def set_scaling(self, service: str, scaling: Scaling, *, over: Scaling) -> None:
        """Set the bounds of a service in the place of `over`, without making a revision.

        Raises:
            ActionError: other bounds stand meanwhile.
        """

    def document(self, service: str) -> Mapping[str, object]:
        """Return the whole configuration as a plain document, without what changes by itself."""


class DatabaseAdmin(Protocol):
    """The platform's database. Every method raises CloudError."""

    def state(self) -> Database:
        """Return how the database is and how it is set up."""

    def set_window(self, day: int, hour: int) -> None:
        """Move the maintenance window; day 1 is Monday, 7 Sunday."""

    def restart(self) -> None:
        """Restart the database: an outage of a minute or so."""

    def backups(self) -> tuple[Backup, ...]:
        """Return all backups, the newest first."""

    def back_up(self) -> Backup:
        """Take a backup now and return it once it is complete."""

    def restore(self, backup: str) -> None:
        """Replace the database's content by a backup's."""
