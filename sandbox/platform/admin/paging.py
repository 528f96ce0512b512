"""Pages of a list, with an opaque token that is bound to the list it came from."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar

from sandbox.platform.api_errors import Violation, invalid

DEFAULT_SIZE = 100
MAX_SIZE = 1000

Item = TypeVar("Item")


def page(items: Sequence[Item], *, of: str, size: int, token: str) -> tuple[Sequence[Item], str]:
    """Return one page and the token of the next one, empty after the last.

    Args:
        items: The whole list, in its order.
        of: What is listed; a token of another list is refused.
        size: Wanted length; 0 means the default.
        token: Empty for the first page.

    Raises:
        ApiError: INVALID_ARGUMENT for a negative size or an alien token.
    """
    if size < 0:
        raise invalid([Violation("page_size", "must not be negative")])
    start = _decode(token, of) if token else 0
    end = start + min(size or DEFAULT_SIZE, MAX_SIZE)
    return items[start:end], _encode(end, of) if end < len(items) else ""


def _encode(start: int, of: str) -> str:
    return base64.urlsafe_b64encode(f"{start}|{of}".encode()).decode()


def _decode(token: str, of: str) -> int:
    try:
        start, _, listed = base64.urlsafe_b64decode(token.encode()).decode().partition("|")
        if listed == of and int(start) > 0:
            return int(start)
    except ValueError:
        pass
    raise invalid([Violation("page_token", "is not a token of this list")])
