"""Resources of one kind as Google's APIs keep them: list, get, create, update by mask, delete."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from google.protobuf import empty_pb2, field_mask_pb2

from sandbox.platform.api_errors import ApiError, Code, Violation, invalid, not_emulated, not_found
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.requests import page

Check = Callable[[Any], Sequence[Violation]]
"""Says what is wrong with a message that is to be kept."""

_FIRST_ID: Final = 4_000_000_000_000_000_001


class Collection:
    """All resources under `PARENT/segment/ID`, in the order of their creation."""

    def __init__(
        self, api: Any, kind: str, segment: str, *, check: Check, require_parent: Callable[[str], object]
    ) -> None:
        """Describe the resources.

        Args:
            api: the client library's module, for the classes of its messages.
            kind: the resource's name in the API, as in `CreateAlertPolicy`.
            segment: its word in resource names, as in `alertPolicies`.
            check: what checks a message.
            require_parent: raises ApiError for the name of a parent that does not exist.
        """
        self._api = api
        self._name = kind
        self._many = segment[0].upper() + segment[1:]
        self._segment = segment
        self._kind: Any = getattr(api, kind).pb()
        self._check = check
        self._require_parent = require_parent
        self._ids = itertools.count(_FIRST_ID)
        self._held: dict[str, Any] = {}

    def methods(self) -> Methods:
        def request(method: str) -> Any:
            return getattr(self._api, f"{method}Request").pb()

        one, many, field = self._name, self._many, _snake(self._name)
        return {
            f"List{many}": (request(f"List{many}"), self._list),
            f"Get{one}": (request(f"Get{one}"), lambda r, _: self.get(r.name)),
            f"Create{one}": (request(f"Create{one}"), self._create),
            f"Update{one}": (
                request(f"Update{one}"),
                lambda r, _: self.update(getattr(r, field), getattr(r, "update_mask", None)),
            ),
            f"Delete{one}": (request(f"Delete{one}"), lambda r, _: self.delete(r.name)),
        }

    @property
    def all(self) -> tuple[Any, ...]:
        return tuple(self._held.values())

    def get(self, name: str) -> Any:
        if name not in self._held:
            raise not_found(self._name, name)
        return self._held[name]

    def add(self, parent: str, message: Any, identifier: str = "") -> Any:
        """Keep a copy under a new name; raise ApiError for a message that is refused or a name in use."""
        name = f"{parent}/{self._segment}/{identifier or next(self._ids)}"
        if name in self._held:
            raise ApiError(Code.ALREADY_EXISTS, f"{name} exists already.")
        kept = self._kind()
        kept.CopyFrom(getattr(self._api, self._name).pb(message, coerce=True))
        self._require_good(kept)
        kept.name = name
        self._held[name] = kept
        return kept

    def update(self, message: Any, mask: Any) -> Any:
        """Change what the mask names, or everything without one; raise ApiError."""
        changed = self._kind()
        changed.CopyFrom(self.get(message.name))
        paths = field_mask_pb2.FieldMask(paths=mask.paths if mask else ())
        if not paths.IsValidForDescriptor(self._kind.DESCRIPTOR):
            raise invalid([Violation("update_mask", f"{', '.join(paths.paths)}: no such field")])
        if paths.paths:
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
        self._held[message.name] = message

    def _list(self, request: Any, _caller: str) -> Any:
        parent = self._parent_of(request)
        for word in ("filter", "order_by"):
            if getattr(request, word, ""):
                raise not_emulated(f"The {word} of {self._segment}")
        under = [one for name, one in self._held.items() if name.startswith(f"{parent}/{self._segment}/")]
        found, token = page(under, request)
        response = getattr(self._api, f"List{self._many}Response").pb()(next_page_token=token)
        getattr(response, _snake(self._many)).extend(found)
        if "total_size" in response.DESCRIPTOR.fields_by_name:
            response.total_size = len(under)
        return response

    def _create(self, request: Any, _caller: str) -> Any:
        field = _snake(self._name)
        parent, identifier = self._parent_of(request), getattr(request, f"{field}_id", "")
        return self.add(parent, getattr(request, field), identifier)

    def _parent_of(self, request: Any) -> str:
        """Return the parent, whose field is called `name` in the older APIs; raise ApiError."""
        parent = str(getattr(request, "parent", "") or getattr(request, "name", ""))
        self._require_parent(parent)
        return parent

    def _require_good(self, message: Any) -> None:
        if violations := self._check(message):
            raise invalid(violations)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
