"""The operations of the services as their reviewed OpenAPI documents declare them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.documents import openapi_folder

METHODS = frozenset({"get", "put", "post", "delete", "patch"})
PEOPLE = ("viewer", "analyst", "responder", "manager", "admin")
"""The roles that a person can have."""
SERVICE = "service"
GATEWAY = "api-gateway"
_NOT_BEHIND = frozenset({GATEWAY, "left-out", "open-operations"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation; `roles` is empty when any valid credential is enough."""

    service: str
    method: str
    path: str
    declared: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What a report calls it."""
        return f"{self.method} {self.path}"

    @property
    def scheme(self) -> str:
        """How a caller proves who it is: `bearer`, `session`, or nothing."""
        return next((name for option in self.declared.get("security", ()) for name in option), "")

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that the operation names."""
        return tuple(self.declared.get("x-required-roles", ()))

    @property
    def takes_body(self) -> bool:
        """Whether the operation reads a JSON document."""
        return "requestBody" in self.declared

    def queries(self) -> list[str]:
        """Return the names of its query parameters."""
        return [each["name"] for each in self.declared.get("parameters", ()) if each["in"] == "query"]

    def at(self, **values: str) -> str:
        """Return the path for these values; a parameter without one gets an example of the document."""
        path = self.path
        for each in self.declared.get("parameters", ()):
            if each["in"] == "path":
                example = next(iter(each["schema"].get("examples", ("none_000000000000",))))
                path = path.replace("{" + each["name"] + "}", values.get(each["name"], str(example)))
        return path


@cache
def document(service: str) -> Mapping[str, Any]:
    """Return the reviewed OpenAPI document of a service."""
    found: Mapping[str, Any] = json.loads((openapi_folder() / f"{service}.json").read_text(encoding="utf-8"))
    return found


@cache
def operations(service: str) -> tuple[Operation, ...]:
    """Return every operation of a service."""
    return operations_in(service, document(service))


def operations_in(service: str, openapi: Mapping[str, Any]) -> tuple[Operation, ...]:
    """Return every operation of a document."""
    return tuple(
        Operation(service=service, method=method.upper(), path=path, declared=declared)
        for path, item in sorted(openapi["paths"].items())
        for method, declared in sorted(item.items())
        if method in METHODS
    )


def reachable(service: str) -> tuple[tuple[str, Operation], ...]:
    """Return the operations of a service, each with the prefix of its path.

    What the gateway hands on is reachable there too: a gateway that mixes up answers shows others' records.
    """
    own = tuple(("", op) for op in operations(service))
    if service != GATEWAY:
        return own
    behind = sorted(path.stem for path in openapi_folder().glob("*-*.json") if path.stem not in _NOT_BEHIND)
    handed_on = tuple(
        (f"/api/v1/{name}", op) for name in behind for op in operations(name) if op.path.startswith("/v1/")
    )
    return own + handed_on


@cache
def reviewed_open() -> Mapping[str, Mapping[str, str]]:
    """Return the operations that may be called by anybody, by service, each with the reason."""
    found: Mapping[str, Mapping[str, str]] = json.loads(
        (openapi_folder() / "open-operations.json").read_text(encoding="utf-8")
    )
    return found
