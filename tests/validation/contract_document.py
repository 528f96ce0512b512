"""The pinned document, prepared for a run."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

_SCHEMAS = "#/components/schemas/"
_ANSWER = "Answer"


def without_security(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document without its security: every generated request carries a good token."""
    whole = copy.deepcopy(dict(document))
    whole.pop("security", None)
    whole.get("components", {}).pop("securitySchemes", None)
    for path in whole.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
    return whole


def with_open_answers(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with answers that may say more than it knows; what is sent stays as strict as ever.

    A new optional field breaks no consumer (RFC 9413, section 4 asks readers to allow for it). Schemas that
    answers use are copied under other names, because bodies that are sent use the same ones.
    """
    schemas = document.get("components", {}).get("schemas", {})
    schemas |= {f"{name}{_ANSWER}": _opened(schema) for name, schema in schemas.items()}
    for path in document.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"] = _opened(operation["responses"])
    return document


def _opened(part: Any) -> Any:
    if isinstance(part, list):
        return [_opened(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    kept = {
        name: _opened(inner)
        for name, inner in part.items()
        if (name, inner) != ("additionalProperties", False)
    }
    if str(kept.get("$ref", "")).startswith(_SCHEMAS):
        kept["$ref"] += _ANSWER
    return kept


def requires_credentials(document: Mapping[str, Any], path: str, method: str) -> bool:
    """Whether an operation may be asked by those alone who can say who they are."""
    demanded = document["paths"][path][method].get("security", document.get("security"))
    return bool(demanded) and {} not in demanded


def linked(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the operations that a link leads to, as `METHOD path`: they get what the run itself made."""
    operations = {
        operation.get("operationId"): (f"{method.upper()} {path}", operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict)
    }
    targets = {
        link.get("operationId")
        for _, operation in operations.values()
        for response in operation.get("responses", {}).values()
        for link in response.get("links", {}).values()
    }
    return frozenset(operations[target][0] for target in targets if target in operations)
