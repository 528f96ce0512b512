"""Pages of a listing: an opaque token remembers how far the same query has come."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from sandbox.platform.monitoring.errors import InvalidQueryError


def page_size(wanted: int, most: int) -> int:
    """Return the effective page size: `most` unless fewer are wanted.

    Raises:
        InvalidQueryError: a negative number is wanted.
    """
    if wanted < 0:
        raise InvalidQueryError(f"Field pageSize had an invalid value of {wanted}: it cannot be negative.")
    return min(wanted or most, most)


def offset_of(request: Any) -> int:
    """Return where the page that `request` asks for begins.

    Raises:
        InvalidQueryError: the token is not one that this very query was given.
    """
    if not request.page_token:
        return 0
    try:
        text = base64.urlsafe_b64decode(request.page_token.encode()).decode()
        digest, _, offset = text.partition(":")
        position = int(offset)
    except (binascii.Error, ValueError) as error:
        raise InvalidQueryError("Field pageToken had an invalid value.") from error
    if digest != _digest(request) or position < 0:
        raise InvalidQueryError("Field pageToken belongs to another query.")
    return position


def token_for(request: Any, offset: int) -> str:
    """Return the token with which `request` goes on at `offset`."""
    return base64.urlsafe_b64encode(f"{_digest(request)}:{offset}".encode()).decode()


def _digest(request: Any) -> str:
    bare = type(request)()
    bare.CopyFrom(request)
    bare.page_token = ""
    return hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest()[:16]
