"""OpenAPI links: where the id in an answer can be used next, for people and for contract tests."""

from __future__ import annotations

from typing import Any


def link(operation: str, **parameters: str) -> dict[str, dict[str, Any]]:
    pointers = {name: f"$response.body#{pointer}" for name, pointer in parameters.items()}
    return {operation: {"operationId": operation, "parameters": pointers}}


def leads_to(status: int, *links: dict[str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """Return what goes into a route's `responses=` so that the answer with `status` declares the links."""
    return {status: {"links": {name: target for each in links for name, target in each.items()}}}
