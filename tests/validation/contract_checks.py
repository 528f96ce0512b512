"""What every answer of a contract run is looked at for: the checks of Schemathesis, and what they found."""

from __future__ import annotations

from collections.abc import Iterator

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

from tests.validation.contract_findings import Finding, plain

CHECKS = [
    *(not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance),
    *(response_schema_conformance, negative_data_rejection, missing_required_header),
    *(unsupported_method, allow_header_conformance),
]
"""What every answer is looked at for."""
CHAIN_CHECKS = [*CHECKS, use_after_free, ensure_resource_availability]
"""What every answer in a chain of linked requests is looked at for."""


def findings(operation: str, error: BaseException) -> Iterator[Finding]:
    """Yield what Schemathesis found wrong with an answer."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from findings(operation, inner)
        return
    check = error.checks[0] if isinstance(error, Failure) and error.checks else type(error).__name__
    yield Finding(operation, check, plain(str(error)))
