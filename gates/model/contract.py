"""What is known to be wrong with a contract, and was accepted for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedFinding:
    """A finding that was accepted until a day: the check of an operation that may fail."""

    service: str
    operation: str
    check: str
    owner: str
    reason: str
    expires_at: datetime

    def covers(self, operation: str, check: str, *, now: datetime) -> bool:
        """Whether a finding is accepted at `now`; after its day it is a finding like any other."""
        return (operation, check) == (self.operation, self.check) and now < self.expires_at

    def __str__(self) -> str:
        return f"{self.check} of {self.operation}"
