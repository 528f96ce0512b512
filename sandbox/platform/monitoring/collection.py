"""Resources of one kind as an API keeps them: list, get, create, update by mask, delete."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final

from google.protobuf import empty_pb2, field_mask_pb2

from sandbox.platform.admin import paging
from sandbox.platform.api_errors import ApiError, Code, Violation, invalid, not_found

Check = Callable[[Any], Sequence[Violation]]
"""Says what is wrong with a message that somebody wants to keep."""

_FIRST_ID: Final = 4_000_000_000_000_000_001


class Collection:
    """All resources under `PARENT/segment/ID`, in the order of their creation."""

    def __init__(self, segment: str, kind: Any, check: Check) -> None:
        """Take the collection's word in names, the raw protobuf class, and what checks a message."""
        self.segment = segment
        self._kind = kind
        self._check = check
        self._ids = itertools.count(_FIRST_ID)
        self._held: dict[str, Any] = {}

    @property
    def all(self) -> tuple[Any, ...]:
        """Every resource, the oldest first."""
        return tuple(self._held.values())

    def page(self, parent: str, request: Any) -> tuple[Sequence[Any], str, int]:
        """Return a page of what is under `parent`, the next token, and how many there are.

        Raises:
            ApiError: UNIMPLEMENTED for a filter or an order, INVALID_ARGUMENT for an alien token.
        """
        for word in ("filter", "order_by"):
            if getattr(request, word, ""):
                raise ApiError(Code.UNIMPLEMENTED, f"{word} of {self.segment} is not emulated")
        under = [one for name, one in self._held.items() if name.startswith(f"{parent}/{self.segment}/")]
        found, token = paging.page(
            under, of=f"{parent}/{self.segment}", size=request.page_size, token=request.page_token
        )
        return found, token, len(under)

    def get(self, name: str) -> Any:
        """Return a resource; raise ApiError NOT_FOUND."""
        if name not in self._held:
            raise not_found(self._kind.DESCRIPTOR.name, name)
        return self._held[name]

    def add(self, parent: str, message: Any, identifier: str = "") -> Any:
        """Keep a copy under a new name; raise ApiError for a message that is refused or a name in use."""
        name = f"{parent}/{self.segment}/{identifier or next(self._ids)}"
        if name in self._held:
            raise ApiError(Code.ALREADY_EXISTS, f"{name} exists already.")
        self._require_good(message)
        kept = self._kind()
        kept.CopyFrom(message)
        kept.name = name
        self._held[name] = kept
        return kept

    def update(self, message: Any, mask: Any) -> Any:
        """Change what the mask names, or everything without one; raise ApiError."""
        changed = self._kind()
        changed.CopyFrom(self.get(message.name))
        paths = field_mask_pb2.FieldMask(paths=mask.paths)
        if not paths.IsValidForDescriptor(self._kind.DESCRIPTOR):
            raise invalid([Violation("update_mask", f"{', '.join(mask.paths)}: no such field")])
        if mask.paths:
            paths.MergeMessage(message, changed, True, True)
        else:
            changed.CopyFrom(message)
        changed.name = message.name
        self._require_good(changed)
        self._held[message.name] = changed
        return changed

    def delete(self, name: str) -> Any:
        """Forget a resource; raise ApiError NOT_FOUND."""
        self.get(name)
        del self._held[name]
        return empty_pb2.Empty()

    def take(self, name: str) -> Any:
        """Remove a resource and return it, to be put back later."""
        return self._held.pop(name)

    def put(self, message: Any) -> None:
        """Keep a message under its own name, unchecked."""
        self._held[message.name] = message

    def _require_good(self, message: Any) -> None:
        if violations := self._check(message):
            raise invalid(violations)
