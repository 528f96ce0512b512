"""The OpenAPI document of a service: complete about errors, roles and limits, and the same every time."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from sandbox.kit.identity import Access
from sandbox.kit.problem import ProblemDocument, responses
from sandbox.kit.settings import RateTiers

# Schemas are generated from shared models; two threads at it at once disturb each other.
_one_at_a_time = threading.Lock()
_ALWAYS = (400, 405, 413, 429, 503)
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options", "trace"})


def document(app: FastAPI, rates: RateTiers) -> dict[str, Any]:
    with _one_at_a_time:
        openapi = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            separate_input_output_schemas=False,
        )
    schemas = openapi.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(_problem_schemas())
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    accesses = dict(_accesses(app))
    for path, item in openapi["paths"].items():
        for method in sorted(_METHODS & item.keys()):
            _complete(item[method], accesses.get((path, method)), rates)
    openapi["components"]["schemas"] = dict(sorted(schemas.items()))
    return openapi


def access_of(dependant: Dependant) -> Access | None:
    """Return the access check that a route depends on, however deep."""
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Access):
            return dependency.call
        found = access_of(dependency)
        if found is not None:
            return found
    return None


def _complete(operation: dict[str, Any], access: Access | None, rates: RateTiers) -> None:
    """Add the answers that every operation may give, its roles and its limit."""
    declared = operation["responses"]
    needs_check = "422" in declared or "parameters" in operation or "requestBody" in operation
    statuses = [*_ALWAYS, *((422,) if needs_check else ()), *((401, 403) if access else ())]
    declared.pop("422", None)
    for status, declaration in responses(*statuses).items():
        declared.setdefault(str(status), copy.deepcopy(declaration))
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _without_null(parameter["schema"])
    operation["responses"] = dict(sorted(declared.items()))
    operation["x-rate-limit"] = {
        "windowSeconds": rates.window_s,
        "requests": rates.standard if access else rates.anonymous,
        "per": "caller" if access else "address",
    }
    if access is not None:
        operation["x-required-roles"] = list(access.roles)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """An optional parameter is left out, never sent as null: a query has no way to say null."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **options[0]}


def _accesses(app: FastAPI) -> Iterator[tuple[tuple[str, str], Access]]:
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        access = access_of(dependant) if dependant is not None else None
        if access is not None and route.path_format and route.methods:
            for method in route.methods:
                yield (route.path_format, method.lower()), access


def _problem_schemas() -> dict[str, Any]:
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = schema.pop("$defs", {})
    return {"ProblemDocument": schema, **definitions}
