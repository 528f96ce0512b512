"""Generates requests from a pinned OpenAPI document and checks the answers: Schemathesis over our own client.

Bounded by examples, not by time, so that a run can be repeated: the same seed sends the same requests.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
_SCHEMAS = "#/components/schemas/"
_ANSWER = "Answer"
SEED = 20260101
EXAMPLES = 3
"""Generated requests per operation and mode, beside the examples that the document gives itself."""


@dataclass(slots=True)
class ContractRun:
    """What was seen: statuses per operation, and one finding per operation at most."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(sum(counter.values()) for counter in self.statuses.values())

    @property
    def uncovered(self) -> list[str]:
        """The operations that never answered 2xx: nothing is known of what they do."""
        return [name for name, seen in self.statuses.items() if not any(200 <= s < 300 for s in seen)]


def run_contract(
    document: Mapping[str, Any], http: httpx.Client, headers: Mapping[str, str], left_out: frozenset[str]
) -> ContractRun:
    """Try every operation of a document that is not left out."""
    run = ContractRun()
    schema = schemathesis.openapi.from_dict(_with_open_answers(_without_security(document)))
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.label in left_out:
            continue
        run.statuses[operation.label] = Counter()
        for strategy, count in _strategies(operation):
            _try(strategy, count, _sender(run, operation.label, http, headers))
    return run


def _without_security(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document without its security: every request carries a good token.

    That a bad one is refused is looked at elsewhere, with tokens that are wrong in one way each.
    """
    whole = copy.deepcopy(dict(document))
    whole.pop("security", None)
    whole.get("components", {}).pop("securitySchemes", None)
    for path in whole.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.pop("security", None)
    return whole


def _with_open_answers(document: dict[str, Any]) -> dict[str, Any]:
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


def _strategies(operation: Any) -> Iterator[tuple[SearchStrategy[Any], int]]:
    for strategy in operation.get_strategies_from_examples():
        yield strategy, 1
    yield operation.as_strategy(generation_mode=GenerationMode.POSITIVE), EXAMPLES
    yield operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), EXAMPLES


def _try(strategy: SearchStrategy[Any], count: int, send: Callable[[Any], None]) -> None:
    @seed(SEED)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def each(case: Any) -> None:
        send(case)

    try:
        each()
    except Exception as error:
        if type(error).__name__ not in ("Unsatisfiable", "SkipTest"):
            raise


def _sender(
    run: ContractRun, label: str, http: httpx.Client, headers: Mapping[str, str]
) -> Callable[[Any], None]:
    def send(case: Any) -> None:
        given_kwargs = case.as_transport_kwargs(base_url=str(http.base_url))
        content = given_kwargs.get("data")
        response = http.request(
            given_kwargs["method"],
            given_kwargs["url"],
            params=given_kwargs.get("params"),
            headers={**_headers(given_kwargs), **headers},
            json=given_kwargs.get("json"),
            content=content if isinstance(content, str | bytes) else None,
        )
        run.statuses[label][response.status_code] += 1
        if label in run.findings:
            return
        try:
            case.validate_response(response, checks=CHECKS)
        except (AssertionError, BaseExceptionGroup) as error:
            run.findings[label] = _said(error)

    return send


def _headers(given_kwargs: Mapping[str, Any]) -> dict[str, str]:
    """Return the generated headers, the cookies as the header that they become."""
    cookies = "; ".join(f"{name}={value}" for name, value in (given_kwargs.get("cookies") or {}).items())
    named = {k: v for k, v in dict(given_kwargs.get("headers") or {}).items() if k.lower() != "authorization"}
    return {**named, **({"Cookie": cookies} if cookies else {})}


def _said(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return " | ".join(_said(inner) for inner in error.exceptions)
    return " ".join(str(error).split())[:300]
