"""What a service's answer means to the gate: one place that turns an HTTP status into an error."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from gates.adapters.services.service_connections import Answer
from gates.errors import CloudError, ConflictError, DeniedError, NotFoundError, UnavailableError


def good(answer: Answer, service: str) -> Answer:
    """Return a successful answer.

    Raises:
        CloudError: it is not successful; the subclass says why.
    """
    if answer.is_good:
        return answer
    kinds: dict[int, type[CloudError]] = {
        401: DeniedError,
        403: DeniedError,
        404: NotFoundError,
        409: ConflictError,
    }
    is_broken = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = kinds.get(answer.status, UnavailableError if is_broken else CloudError)
    raise kind(f"{service} answers {answer.status} to {answer.method} {answer.path}")


def document(answer: Answer, service: str, *keys: str) -> dict[str, Any]:
    """Return the JSON object of a successful answer, which holds all of the keys.

    Raises:
        CloudError: it is not successful, or not such an object.
    """
    try:
        found = good(answer, service).json()
    except ValueError:
        found = None
    missing = [key for key in keys if not isinstance(found, dict) or key not in found]
    if not isinstance(found, dict) or missing:
        lacks = f"without {', '.join(missing)}" if missing else "that is not a JSON object"
        raise CloudError(f"{service} gives an answer {lacks} to {answer.method} {answer.path}")
    return found
