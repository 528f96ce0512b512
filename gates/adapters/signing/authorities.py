"""The standing authorities of one environment, read anew whenever they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gates.adapters.signing.statement_folder import StatementFolder
from gates.errors import UsageError
from gates.evidence.authority import AuthorityReading, Grant, grants, in_force
from gates.model.decision import PreAuthorisation
from gates.model.platform import Environment, Platform
from gates.model.statement import SeenStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    """Reads what the environment's folder of signed grants says; without a folder nothing is granted."""

    folder: StatementFolder | None
    platform: Platform
    environment: Environment

    def reading(self, at: datetime) -> AuthorityReading:
        """Return what grants are read for."""
        return AuthorityReading(platform=self.platform, environment=self.environment.name, now=at)

    def all(self, at: datetime) -> tuple[Grant, ...]:
        """Return every grant, each with why it does not count at that moment."""
        return grants(self._seen(), self.reading(at))

    def in_force(self, at: datetime) -> tuple[PreAuthorisation, ...]:
        """Return those that count at that moment."""
        return in_force(self._seen(), self.reading(at))

    def unreadable(self) -> tuple[str, ...]:
        """Return what the folder holds that cannot be read, and why: one such file voids every grant."""
        return tuple(f"{each.file}: {each.objection}" for each in self._seen() if each.is_damaged)

    def open_folder(self) -> StatementFolder:
        """Return the folder to write a grant to.

        Raises:
            UsageError: the environment names none.
        """
        if self.folder is None:
            raise UsageError(
                f"{self.environment.name} names no folder for standing authorities",
                next_step="write standingAuthority: FOLDER in its environment document",
            )
        return self.folder

    def _seen(self) -> Sequence[SeenStatement]:
        return self.folder.read() if self.folder is not None else ()
