"""Cursor paging: a page says where the next one starts, so nothing is skipped when rows are added."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from sandbox.kit.models import Shape

MAX_PAGE = 200

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many items at most.")]

Cursor = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Za-z0-9_-]{1,200}$",
        description="`nextCursor` of the page before. A cursor that means nothing starts behind no item.",
    ),
]

Item = TypeVar("Item")


class PageShape(Shape):
    """Base of a page: add `items: list[...]` in the subclass."""

    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is asked for: at most `limit` items behind the one with this key ("" for the first page)."""

    limit: int
    key: str

    @property
    def number(self) -> int:
        """The key as a number; 0 when it is not one."""
        is_number = self.key.isascii() and self.key.isdigit() and len(self.key) <= 15
        return int(self.key) if is_number else 0


async def _page(limit: Limit = 50, cursor: Cursor = None) -> Page:
    return Page(limit, key_after(cursor))


Paging = Annotated[Page, Depends(_page)]
"""Declare a parameter as `page: Paging`."""


def key_after(cursor: str | None) -> str:
    """Return the key behind which the page starts; "" for the first page.

    A cursor that was not handed out is read as the text it is: it may skip rows, it never fails.
    """
    if cursor is None:
        return ""
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (Base64Error, UnicodeDecodeError, ValueError):
        return cursor


def cut(rows: Sequence[Item], limit: int, key_of: Callable[[Item], str]) -> tuple[Sequence[Item], str | None]:
    """Cut `limit + 1` selected rows to a page and the cursor of the next one (None at the end).

    Select with `WHERE key > :after ORDER BY key LIMIT :limit + 1`.
    """
    if len(rows) <= limit:
        return rows, None
    page = rows[:limit]
    cursor = urlsafe_b64encode(key_of(page[-1]).encode()).decode().rstrip("=")
    return page, cursor
