"""Revisions that break their OpenAPI document: in what they serve of it, or in how they answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults.fault import ALL, App, Receive, Scope, Send, known_bad, replacing, wrapping
from sandbox.faults.request_faults import changing_requests, header
from sandbox.faults.response_faults import answering, every, on, respond, rewriting, without_header
from sandbox.kit.paging import MAX_PAGE
from sandbox.kit.problem import Problem

_LISTS = ("asset-discovery", "event-processor", "threat-detection")
_MODELS = ("behavioral-analysis", "nlp-assistant")


@known_bad("C01", ALL, "the served document lost fields", "CTR-SERVED")
@rewriting(".* /openapi.json")
def document_narrowed(document: Any) -> Any:
    """Each record lacks a field."""
    for name, schema in document["components"]["schemas"].items():
        if name != "ProblemDocument" and len(schema.get("properties", {})) > 1:
            schema["properties"].popitem()
    return document


@known_bad("C02", _MODELS, "one operation refuses every caller", "CTR-COVERAGE")
@wrapping
def model_forbidden(app: App) -> App:
    return answering(app, on(".* /v1/model"), 403)


@known_bad("C03", _LISTS, "the longest page is a server error", "CTR-FUZZ")
@replacing("kit.resource:Table.page")
def boundary_fails(genuine: Callable[..., Any], *arguments: Any) -> Any:
    if arguments[-2].limit == MAX_PAGE:
        raise IndexError("one row more than there is room for")
    return genuine(*arguments)


@known_bad("C04", _LISTS, "the longest page has an unknown status", "CTR-FUZZ-CRITICAL")
@replacing("kit.resource:Table.page")
def boundary_undeclared(genuine: Callable[..., Any], *arguments: Any) -> Any:
    if arguments[-2].limit == MAX_PAGE:
        raise Problem(507, "The page is too long.")
    return genuine(*arguments)


@known_bad("C05", _LISTS, "invalid queries are accepted", "CTR-ADVISORY")
@changing_requests
def invalid_accepted(scope: Scope) -> Scope:
    """What cannot be read in a query is left out instead of refused."""
    is_list = scope["method"] == "GET" and scope["path"].count("/") == 2
    return {**scope, "query_string": b""} if is_list else scope


@known_bad("C06", ALL, "405 without Allow", "CTR-FUZZ-ADVISORY")
@wrapping
def allow_missing(app: App) -> App:
    return without_header(app, on(".*"), b"allow")


@known_bad("C07", _MODELS, "an operation answers without a token", "CTR-FUZZ")
@wrapping
def model_open(app: App) -> App:
    opened = answering(app, on(".* /v1/model"), 200, b"{}")

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        is_stranger = scope["type"] == "http" and not header(scope, "authorization")
        await (opened if is_stranger else app)(scope, receive, send)

    return choose


@known_bad("C08", "event-processor", "what was made is not found", "CTR-LINKS")
@wrapping
def created_missing(app: App) -> App:
    """Every third read of an event answers 404."""
    return answering(app, every(3, on("GET /v1/events/.*")), 404)


@known_bad("C09", _MODELS, "answers with lone surrogates", "CTR-CONFORMANCE")
@wrapping
def answers_hostile(app: App) -> App:
    """Its text cannot be encoded in UTF-8."""
    return _model_is(app, b'{"\\ud800": "\\udfff"}')


@known_bad("C11", _LISTS, "the first page of a list is the last", "CTR-PAGING")
@replacing("kit.resource:Table.page")
def page_is_last(genuine: Callable[..., Any], *arguments: Any) -> Any:
    return {**genuine(*arguments), "next_cursor": None}


@known_bad("C10", _MODELS, "answers nested without end", "CTR-CONFORMANCE")
@wrapping
def answers_deep(app: App) -> App:
    """Deeper than any reader goes."""
    return _model_is(app, b"[" * 100_000)


def _model_is(app: App, body: bytes) -> App:
    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/v1/model":
            await respond(send, 200, b"application/json", body)
        else:
            await app(scope, receive, send)

    return faulty
