"""What can be wrong with an answer, and how much it weighs: the tiers of the contract's checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ensure_resource_availability,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
    use_after_free,
)

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

CHECKS = [
    *(not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance),
    *(response_schema_conformance, negative_data_rejection, missing_required_header),
    *(unsupported_method, allow_header_conformance),
]
"""What every answer is looked at for."""
CHAIN_CHECKS = [*CHECKS, use_after_free, ensure_resource_availability]
"""What every answer in a chain of linked requests is looked at for."""


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


def findings(operation: str, error: BaseException) -> Iterator[Finding]:
    """Yield what Schemathesis found wrong with an answer."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from findings(operation, inner)
        return
    check = error.checks[0] if isinstance(error, Failure) and error.checks else type(error).__name__
    yield Finding(operation, check, plain(str(error)))


def plain(text: str) -> str:
    """Return what a service said as one short line that every file can hold."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())[:_SAID]
