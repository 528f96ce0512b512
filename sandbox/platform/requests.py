"""What every API checks of a request: the project that it names, and the page of a list that it asks for."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from starlette.requests import Request

from sandbox.platform.api_errors import ApiError, Code, Violation, invalid

DEFAULT_SIZE = 100
MAX_SIZE = 1000

Item = TypeVar("Item")


def require_project(name: str, project: str) -> str:
    """Return `projects/ID` when it is the one project; raise ApiError for any other name."""
    if re.fullmatch(r"projects/[^/]+", name) is None:
        raise invalid([Violation("name", f"'{name}' is not projects/PROJECT")])
    if name != f"projects/{project}":
        raise ApiError(Code.PERMISSION_DENIED, f"Permission denied on resource {name} (or it may not exist).")
    return name


def page(
    items: Sequence[Item], request: Any, *, default: int = DEFAULT_SIZE, most: int = MAX_SIZE
) -> tuple[Sequence[Item], str]:
    """Return the page that a protobuf request asks for, and the token of the next page, empty at the end.

    A token goes with its own request: with the same values in every field but the size of the page.

    Raises:
        ApiError: INVALID_ARGUMENT for a negative size or the token of another request.
    """
    asked = type(request)()
    asked.CopyFrom(request)
    asked.ClearField("page_token")
    asked.ClearField("page_size")
    digest = hashlib.sha256(asked.SerializeToString(deterministic=True)).hexdigest()[:16]
    kind = asked.DESCRIPTOR.name
    size = min(request.page_size or default, most)
    return page_of(items, of=f"{kind} {digest}", size=size, token=request.page_token)


def page_of(items: Sequence[Item], *, of: str, size: int, token: str) -> tuple[Sequence[Item], str]:
    """Return a page of the list `of` that name, and the token of the next page.

    Raises:
        ApiError: INVALID_ARGUMENT for a negative size or the token of another list.
    """
    if size < 0:
        raise invalid([Violation("page_size", "must not be negative")])
    start = _decode(token, of) if token else 0
    end = start + (size or DEFAULT_SIZE)
    following = base64.urlsafe_b64encode(f"{end}|{of}".encode()).decode()
    return items[start:end], following if end < len(items) else ""


def _decode(token: str, of: str) -> int:
    try:
        start, _, listed = base64.urlsafe_b64decode(token.encode()).decode().partition("|")
        if listed == of and int(start) > 0:
            return int(start)
    except ValueError:
        pass
    raise invalid([Violation("page_token", "belongs to another query")])


async def json_object(request: Request) -> Mapping[str, Any]:
    """Return the object of a REST request's body, an empty one without a body.

    Raises:
        ApiError: INVALID_ARGUMENT, the body is something else.
    """
    try:
        document = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise invalid([Violation("body", f"is not JSON: {error}")]) from error
    if not isinstance(document, dict):
        raise invalid([Violation("body", "is not a JSON object")])
    return document
