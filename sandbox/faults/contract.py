"""Revisions that break their OpenAPI document: in what they serve of it, or in how they answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.faults.wrapping import App, Receive, Scope, Send, answering, every, rewriting, without_header

Create = Callable[[], Any]
_REFUSAL = {
    "type": "about:blank",
    "title": "Refused",
    "detail": "refused",
    "code": "refused",
    "requestId": "req_1",
    "traceId": "0" * 32,
}
_AT_MOST = b"limit=200"


def _problem(status: int) -> bytes:
    return json.dumps({**_REFUSAL, "status": status}).encode()


def document_narrowed(_service: str, create_app: Create) -> App:
    """The document that it serves has lost a field of each of its records."""

    def narrow(document: Any) -> Any:
        schemas = document["components"]["schemas"]
        for name, schema in schemas.items():
            if name != "ProblemDocument" and len(schema.get("properties", {})) > 1:
                schema["properties"].popitem()
        return document

    return rewriting(create_app(), lambda _method, path: path == "/openapi.json", narrow)


def model_forbidden(_service: str, create_app: Create) -> App:
    """One operation refuses everybody, as its document allows."""
    return answering(create_app(), lambda _method, path: path == "/v1/model", 403, _problem(403))


def boundary_fails(_service: str, create_app: Create) -> App:
    """The longest page is a server error."""
    return _at_the_limit(create_app(), 500)


def boundary_undeclared(_service: str, create_app: Create) -> App:
    """The longest page is answered with a status that no document names."""
    return _at_the_limit(create_app(), 507)


def _at_the_limit(app: App, status: int) -> App:
    spoilt = answering(app, lambda _method, _path: True, status, _problem(status))

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        is_there = scope["type"] == "http" and _AT_MOST in scope.get("query_string", b"").split(b"&")
        await (spoilt if is_there else app)(scope, receive, send)

    return choose


def invalid_accepted(_service: str, create_app: Create) -> App:
    """What cannot be read in a query is left out instead of refused."""
    app: App = create_app()

    async def lenient(scope: Scope, receive: Receive, send: Send) -> None:
        is_list = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].count("/") == 2
        await app({**scope, "query_string": b""} if is_list else scope, receive, send)

    return lenient


def allow_missing(_service: str, create_app: Create) -> App:
    """A method that it does not know is refused without saying which it knows."""
    return without_header(create_app(), lambda _method, _path: True, b"allow")


def model_open(_service: str, create_app: Create) -> App:
    """One operation answers whoever brings no token."""
    app: App = create_app()
    opened = answering(app, lambda _method, path: path == "/v1/model", 200, b"{}")

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        has_token = any(name == b"authorization" for name, _ in scope.get("headers", ()))
        await (app if has_token else opened)(scope, receive, send)

    return choose


def created_missing(_service: str, create_app: Create) -> App:
    """Every third record that is asked for by its id is not found."""

    def is_record(method: str, path: str) -> bool:
        return method == "GET" and path.startswith("/v1/events/")

    return answering(create_app(), every(3, is_record), 404, _problem(404))


def answers_hostile(_service: str, create_app: Create) -> App:
    """Records come with a text that no file can hold, and with nothing else."""
    return _raw(create_app(), b'{"\\ud800": "\\udfff"}')


def answers_deep(_service: str, create_app: Create) -> App:
    """Records come as a document that is nested deeper than any reader goes."""
    return _raw(create_app(), b"[" * 100_000)


def _raw(app: App, body: bytes) -> App:
    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        is_record = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/v1/model"
        if not is_record:
            await app(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": body})

    return spoilt


def page_is_last(_service: str, create_app: Create) -> App:
    """C11: a page never tells where the next one begins."""

    def cut(found: Any) -> Any:
        return {**found, "nextCursor": None} if isinstance(found, dict) and "nextCursor" in found else found

    return rewriting(create_app(), lambda method, _path: method == "GET", cut)
