"""One OpenAPI document of the whole platform: every service's operations under the gateway's paths."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from sandbox.kit.problem import responses
from sandbox.services.api_gateway.table import PREFIX, target_of

_SHARED = frozenset({"ProblemDocument", "InvalidField"})
_POINTER = "#/components/schemas/"
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})


def merged(own: Mapping[str, Any], documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the gateway's `own` document with those of the services, by name, added to it.

    Schemas and operation ids carry the service's name, so that equal names never meet.
    """
    whole = copy.deepcopy(dict(own))
    for service in sorted(documents):
        document = _renamed(copy.deepcopy(dict(documents[service])), service)
        for path, item in document["paths"].items():
            public = f"{PREFIX}{service}{path}"
            if target_of(public) is not None:
                whole["paths"][public] = {name: _adapted(name, part, service) for name, part in item.items()}
        whole["components"]["schemas"].update(document["components"]["schemas"])
    whole["components"]["schemas"] = dict(sorted(whole["components"]["schemas"].items()))
    return whole


def _adapted(name: str, operation: Any, service: str) -> Any:
    """Name an operation after its service and add what the gateway may answer in its place."""
    if name not in _METHODS:
        return operation
    operation["operationId"] = f"{service}.{operation['operationId']}"
    operation["tags"] = [service]
    for status, declaration in responses(404, 502, 503, 504).items():
        operation["responses"].setdefault(str(status), copy.deepcopy(declaration))
    return operation


def _renamed(node: Any, service: str) -> Any:
    """Rename schemas, and whatever points to schemas or operations, in a whole document."""
    if isinstance(node, list):
        return [_renamed(item, service) for item in node]
    if not isinstance(node, dict):
        return node
    return {name: _renamed_member(name, value, service) for name, value in node.items()}


def _renamed_member(name: str, value: Any, service: str) -> Any:
    if name == "$ref" and isinstance(value, str) and value.startswith(_POINTER):
        return _POINTER + _name(value.removeprefix(_POINTER), service)
    if name == "schemas" and isinstance(value, dict):
        return {_name(schema, service): _renamed(content, service) for schema, content in value.items()}
    if name == "links" and isinstance(value, dict):
        return {link: _renamed_link(content, service) for link, content in value.items()}
    return _renamed(value, service)


def _renamed_link(link: Any, service: str) -> Any:
    if isinstance(link, dict) and isinstance(link.get("operationId"), str):
        return {**link, "operationId": f"{service}.{link['operationId']}"}
    return link


def _name(schema: str, service: str) -> str:
    return schema if schema in _SHARED else f"{service}.{schema}"
