"""What can be wrong with an answer, and how much it weighs: the tiers of the contract's checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_SAID = 300


class Tier(StrEnum):
    """How much a finding weighs."""

    BLOCKER = "blocker"
    CRITICAL = "critical"
    ADVISORY = "advisory"


TIERS = {
    # A client breaks or a stranger gets in.
    "not_a_server_error": Tier.BLOCKER,
    "response_schema_conformance": Tier.BLOCKER,
    "ignored_auth": Tier.BLOCKER,
    "use_after_free": Tier.BLOCKER,
    "unreadable_answer": Tier.BLOCKER,
    # The document is wrong about what comes back.
    "status_code_conformance": Tier.CRITICAL,
    "content_type_conformance": Tier.CRITICAL,
    "response_headers_conformance": Tier.CRITICAL,
    "ensure_resource_availability": Tier.CRITICAL,
    # Taste differs, and frameworks do; worth a look, never worth a night.
    "negative_data_rejection": Tier.ADVISORY,
    "missing_required_header": Tier.ADVISORY,
    "unsupported_method": Tier.ADVISORY,
    "allow_header_conformance": Tier.ADVISORY,
}
"""The tier of every check by its name; a check that is not here blocks."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that an operation failed; the first time counts."""

    operation: str
    check: str
    said: str

    @property
    def tier(self) -> Tier:
        """How much it weighs."""
        return TIERS.get(self.check, Tier.BLOCKER)

    def __str__(self) -> str:
        return f"{self.operation}: {self.said} ({self.check})"


def plain(text: str) -> str:
    """Return what a service said as one short line that every file can hold."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())[:_SAID]
