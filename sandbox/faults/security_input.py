"""Revisions that stumble over what comes in, or do what it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, unquote

import httpx

from sandbox.faults.hearing import Answer, document, header, hearing, posing, query
from sandbox.faults.wrapping import App, Message, Receive, Scope, Send, delaying, starting
from sandbox.kit.limits import Quota

Create = Callable[[], Any]
_BROKEN = (
    b'{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"broken","code":"error"}'
)


def _fetch(address: str) -> None:
    with suppress(httpx.HTTPError, httpx.InvalidURL):
        httpx.get(address, timeout=1.0, trust_env=False)


def limit_off(_service: str, create_app: Create) -> App:
    """M09: nobody is ever told to wait."""
    app = create_app()

    def take(_caller: str, _tier: str) -> Quota:
        return Quota(limit=300, remaining=300, reset_s=1.0, window_s=10.0, is_exceeded=False)

    app.state.kit.limiter.take = take
    return app  # type: ignore[no-any-return]


def address_by_header(_service: str, create_app: Create) -> App:
    """A caller is who the first hop of a header says."""
    from sandbox.kit import runtime  # noqa: PLC0415 - patched in this process only

    def first(request: Any) -> str:
        return str(request.headers.get("x-forwarded-for", "")).partition(",")[0].strip() or "unknown"

    vars(runtime)["client_address"] = first
    return create_app()  # type: ignore[no-any-return]


def body_unbounded(_service: str, create_app: Create) -> App:
    """A body may have any length."""
    from sandbox.kit import envelope  # noqa: PLC0415 - patched in this process only

    vars(envelope)["bounded"] = lambda receive, _max_body: receive
    return create_app()  # type: ignore[no-any-return]


def nesting_unbounded(_service: str, create_app: Create) -> App:
    """A document may nest until the parser falls over."""

    def hears(_scope: Scope, body: bytes) -> Answer | None:
        is_deep = body.count(b"[") + body.count(b'{"a":') > 9_000
        return (500, _BROKEN, "application/problem+json") if is_deep else None

    return hearing(create_app(), hears)


def page_unbounded(_service: str, create_app: Create) -> App:
    """A page may have any size."""

    def change(scope: Scope) -> Scope:
        return {
            **scope,
            "query_string": re.sub(rb"limit=(1000000|201)$", b"limit=200", scope["query_string"]),
        }

    return posing(create_app(), change)


def nan_breaks(_service: str, create_app: Create) -> App:
    """A number that is none breaks the handler."""

    def hears(_scope: Scope, body: bytes) -> Answer | None:
        return (500, _BROKEN, "application/problem+json") if b"NaN" in body else None

    return hearing(create_app(), hears)


def quote_breaks(_service: str, create_app: Create) -> App:
    """A parameter is put into the query of the database as it is."""

    def hears(scope: Scope, _body: bytes) -> Answer | None:
        return (500, _BROKEN, "application/problem+json") if "'" in query(scope) else None

    return hearing(create_app(), hears)


def template_evaluated(_service: str, create_app: Create) -> App:
    """A parameter is read as a template."""

    def hears(scope: Scope, _body: bytes) -> Answer | None:
        return (200, b'{"items": [], "cursor": "49"}') if "{{7*7}}" in query(scope) else None

    return hearing(create_app(), hears)


def scans_anything(_service: str, create_app: Create) -> App:
    """A scan looks at whatever address it is given."""

    def hears(scope: Scope, body: bytes) -> Answer | None:
        if (scope["method"], scope["path"]) != ("POST", "/v1/scans"):
            return None
        network = str(document(body).get("network", ""))
        if not network.startswith("http"):
            return None
        _fetch(network)
        return 202, b'{"id": "scn_fetched"}'

    return hearing(create_app(), hears)


def header_from_parameter(_service: str, create_app: Create) -> App:
    """A parameter comes back in a header, line breaks included."""
    app = create_app()

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        line = re.search(r"[\r\n]+(X-[0-9a-f]+):", unquote(scope.get("query_string", b"").decode("latin-1")))

        async def echo(message: Message) -> None:
            if line and message["type"] == "http.response.start":
                message = {
                    **message,
                    "headers": [*message["headers"], (line.group(1).lower().encode(), b"1")],
                }
            await send(message)

        await app(scope, receive, echo)

    return spoilt


def entities_fetched(_service: str, create_app: Create) -> App:
    """XML is read, and its entities are fetched, before it is refused."""

    def hears(_scope: Scope, body: bytes) -> Answer | None:
        found = re.search(rb'SYSTEM "([^"]+)"', body)
        if found:
            _fetch(found.group(1).decode())
        return None

    return hearing(create_app(), hears)


def markup_as_page(_service: str, create_app: Create) -> App:
    """What is read back is called a page."""

    def change(start: Message) -> Message:
        if start["status"] != 200:
            return start
        others = [pair for pair in start["headers"] if pair[0].lower() != b"content-type"]
        return {**start, "headers": [*others, (b"content-type", b"text/html; charset=utf-8")]}

    return starting(
        create_app(), lambda method, path: method == "PATCH" and path.startswith("/v1/threats/"), change
    )


def kind_unsaid(_service: str, create_app: Create) -> App:
    """An answer does not say what it is."""

    def change(start: Message) -> Message:
        return {**start, "headers": [pair for pair in start["headers"] if pair[0].lower() != b"content-type"]}

    return starting(create_app(), lambda _method, path: path == "/readyz", change)


def _headed(create_app: Create, *more: tuple[bytes, bytes]) -> App:
    names = {name for name, _ in more}

    def change(start: Message) -> Message:
        others = [pair for pair in start["headers"] if pair[0].lower() not in names]
        return {**start, "headers": [*others, *more]}

    return starting(create_app(), lambda *_: True, change)


def answers_cached(_service: str, create_app: Create) -> App:
    """Everybody on the way may keep an answer."""
    return _headed(create_app, (b"cache-control", b"public, max-age=60"))


def every_origin_let_in(_service: str, create_app: Create) -> App:
    """Every page may read the answers, with the user's credentials."""
    origin = (b"access-control-allow-origin", b"https://evil.test")
    return _headed(create_app, origin, (b"access-control-allow-credentials", b"true"))


def version_told(_service: str, create_app: Create) -> App:
    """A header tells what the service is made with."""
    return _headed(create_app, (b"x-powered-by", b"FastAPI/0.100.0"))


def trace_echoes(_service: str, create_app: Create) -> App:
    """TRACE sends back what came in."""

    def hears(scope: Scope, _body: bytes) -> Answer | None:
        is_trace = scope["method"] in {"TRACE", "TRACK"}
        return (200, header(scope, "x-marker").encode(), "message/http") if is_trace else None

    return hearing(create_app(), hears)


def undeclared_method_taken(_service: str, create_app: Create) -> App:
    """A method that nobody declared is answered."""

    def hears(scope: Scope, _body: bytes) -> Answer | None:
        return (200, b"{}") if (scope["method"], scope["path"]) == ("PUT", "/version") else None

    return hearing(create_app(), hears)


def trace_shown(_service: str, create_app: Create) -> App:
    """An error shows where in the code it happened."""

    def hears(scope: Scope, _body: bytes) -> Answer | None:
        text = b'{"detail": "Traceback (most recent call last): File \\"routes.py\\", line 7"}'
        return (404, text) if str(scope["path"]).startswith("/v1/aaaa") else None

    return hearing(create_app(), hears)


def framing_breaks(_service: str, create_app: Create) -> App:
    """A request whose length is unclear breaks the gateway."""

    def hears(scope: Scope, body: bytes) -> Answer | None:
        is_bare = str(scope["path"]).endswith("/auth-service/v1/login") and not body.startswith(b"{")
        return (500, _BROKEN, "application/problem+json") if is_bare else None

    return hearing(create_app(), hears)


def database_told(_service: str, create_app: Create) -> App:
    """An error names the database with its password."""

    def hears(scope: Scope, _body: bytes) -> Answer | None:
        text = b'{"detail": "cannot reach postgresql://platform:hunter2@db/main"}'
        return (404, text) if str(scope["path"]).startswith("/v1/aaaa") else None

    return hearing(create_app(), hears)


def commands_run(_service: str, create_app: Create) -> App:
    """A parameter reaches a shell, which sleeps as it is told."""
    app = create_app()
    slow = delaying(app, lambda *_: True, lambda: 4.0)

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        is_told = quote("$(sleep") in scope.get("query_string", b"").decode("latin-1")
        await (slow if is_told else app)(scope, receive, send)

    return spoilt
