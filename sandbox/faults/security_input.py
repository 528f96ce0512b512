"""Revisions that stumble over what comes in, or do what it says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from fastapi import Query
from fastapi.routing import iter_route_contexts
from jinja2.sandbox import SandboxedEnvironment
from starlette.middleware.cors import CORSMiddleware

from sandbox.faults.fault import (
    ALL,
    TAKING_TOKENS,
    App,
    Create,
    Message,
    Receive,
    Scope,
    Send,
    known_bad,
    replace,
    replacing,
    resolve,
    wrapping,
)
from sandbox.faults.outbound import fetch_entities, fetch_local, make_tools, run_restricted
from sandbox.faults.request_faults import header, reading, values_of, with_reader
from sandbox.faults.response_faults import on, respond, starting, with_header, without, without_header
from sandbox.faults.security_access import LISTS
from sandbox.kit.limits import Quota
from sandbox.kit.models import Shape
from sandbox.kit.paging import MAX_PAGE
from sandbox.kit.problem import Problem, answer

_GATE = "api-gateway"
_MORE_S = 5.0
"""Longer than anybody who looks at the framing waits."""


@known_bad("M09", _GATE, "there is no rate limit", "RES-01-RATE", "RES-02-FORWARDED", "INF-05")
@replacing("kit.limits:Limiter.take")
def limit_off(*_: object) -> Quota:
    return Quota(limit=300, remaining=300, reset_s=1.0, window_s=10.0, is_exceeded=False)


@known_bad("RES-02", _GATE, "a header is taken for the caller's address", "RES-02-FORWARDED")
@replacing("kit.runtime:client_address")
def address_by_header(_genuine: object, request: Any) -> str:
    """A caller is who the first hop of a header says."""
    return str(request.headers.get("x-forwarded-for", "")).partition(",")[0].strip() or "unknown"


@known_bad("RES-03", TAKING_TOKENS, "bodies have no limit", "RES-03-BODY")
@replacing("kit.envelope:bounded")
def body_unbounded(_genuine: object, receive: Receive, _max_body: int) -> Receive:
    return receive


@known_bad("RES-04", TAKING_TOKENS, "deep nesting is a server error", "RES-04-DEPTH")
@reading
async def nesting_unbounded(_scope: Scope, body: bytes) -> None:
    """A document is walked by a recursive function without a limit."""
    with suppress(ValueError):  # the handler refuses it
        _depth(json.loads(body))


def _depth(found: Any) -> int:
    inner = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return 1 + max((_depth(one) for one in inner), default=0)


@known_bad("RES-05", LISTS, "pages have no limit", "RES-05-PAGE")
def page_unbounded(_service: str, create: Create) -> App:
    """The largest page stands in the contract and nowhere in the code."""
    limit = Query(ge=1, description="How many items at most.", json_schema_extra={"maximum": MAX_PAGE})
    resolve("kit.paging:").Limit = Annotated[int, limit]
    app: App = create()
    return app


@known_bad("RES-10", TAKING_TOKENS, "NaN is a server error", "RES-10-PARSE", "SEC-04")
@reading
async def nan_breaks(_scope: Scope, body: bytes) -> None:
    """A document is written in its canonical form, which cannot express NaN."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return  # the handler refuses it
    json.dumps(found, allow_nan=False, sort_keys=True)


@known_bad("INJ-01", TAKING_TOKENS, "a quote is a server error", "INJ-01-SQL")
@wrapping
def quote_breaks(app: Any) -> App:
    searches = sqlite3.connect(":memory:", check_same_thread=False)
    searches.execute("CREATE TABLE searches (value TEXT)")

    async def read(scope: Scope, _body: bytes) -> None:
        for value in values_of(scope):
            searches.execute(f"SELECT count(*) FROM searches WHERE value = '{value}'")  # noqa: S608 - the fault

    return with_reader(app, read)


@known_bad("INJ-02", LISTS, "templates are evaluated", "INJ-02-COMMANDS")
@replacing("kit.refusals:answer_invalid")
async def template_evaluated(genuine: Callable[..., Awaitable[Any]], request: object, error: Any) -> Any:
    """What was refused is put into the template of the answer, not into its values."""
    answered = await genuine(request, error)
    if answered.status_code != 422:
        return answered
    given = ", ".join(str(item.get("input")) for item in error.errors()).encode(errors="replace").decode()
    template = SandboxedEnvironment(autoescape=False).from_string(f"Refused: {given}")
    return answer(Problem(422, template.render(), code="invalid"))


@known_bad("INJ-A2", LISTS, "a parameter is run as a command", "INJ-02-COMMANDS")
@wrapping
def commands_run(app: Any) -> App:
    """A parameter becomes a word of a command line that a shell reads."""
    tools = make_tools(app.state.kit.settings.data_dir / f"tools-{os.getpid()}")

    async def read(scope: Scope, _body: bytes) -> None:
        for value in values_of(scope):
            await asyncio.to_thread(run_restricted, f"true {value}", tools)

    return with_reader(app, read)


@known_bad("INJ-03", "asset-discovery", "a scan reaches any address", "INJ-03-SSRF")
def scans_anything(_service: str, create: Create) -> App:
    """A scan looks at whatever address it is given; here that ends at the machine's own ports."""
    scanned = re.compile(r"10\.\d+\.\d+\.0/24")

    class NewScan(Shape):
        """A place to look at."""

        network: str

    def addresses_of(genuine: Callable[[str], list[str]], network: str) -> list[str]:
        if scanned.fullmatch(network):
            return genuine(network)
        fetch_local(network)
        return [network]

    resolve("services.asset_discovery.routes:").NewScan = NewScan
    replace("services.asset_discovery.domain:addresses_of", addresses_of)
    app: App = create()
    return app


@known_bad("INJ-04", ALL, "a parameter can add headers", "INJ-04-CRLF")
@wrapping
def header_from_parameter(app: App) -> App:
    """Headers are written as text, a parameter among them, and the text is cut into lines."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        pairs = scope.get("query_string", b"").split(b"&")
        values = [unquote_to_bytes(pair.partition(b"=")[2]) for pair in pairs]
        lines = b"".join(b"x-asked-for: %s\r\n" % value for value in values if value).splitlines()
        split = (line.partition(b":") for line in lines)
        more = [(name.strip().lower(), value.strip()) for name, _, value in split if name.strip()]
        await with_header(app, on(".*"), *more)(scope, receive, send)

    return faulty


@known_bad("INJ-05", TAKING_TOKENS, "XML entities are fetched", "INJ-05-XML")
@reading
async def entities_fetched(scope: Scope, body: bytes) -> None:
    """XML is parsed, external entities included, before it is refused."""
    if header(scope, "content-type").partition(";")[0].endswith("xml"):
        await asyncio.to_thread(fetch_entities, body)


@known_bad("INJ-07", "threat-detection", "records are served as HTML", "INJ-07-MARKUP")
@wrapping
def markup_as_page(app: App) -> App:
    """What is read back is called a page."""

    def change(start: Message) -> Message:
        if start["status"] != 200:
            return start
        html = (b"content-type", b"text/html; charset=utf-8")
        return {**start, "headers": [*without(start["headers"], b"content-type"), html]}

    return starting(app, on("PATCH /v1/threats/.*"), change)


@known_bad("CFG-05", ALL, "an answer has no content type", "CFG-05-CONTENT")
@wrapping
def kind_unsaid(app: App) -> App:
    return without_header(app, on(".* /readyz"), b"content-type")


@known_bad("CFG-07", ALL, "answers may be cached", "CFG-07-NO-STORE")
@wrapping
def answers_cached(app: App) -> App:
    return with_header(app, on(".*"), (b"cache-control", b"public, max-age=60"))


@known_bad("CFG-08", ALL, "every origin may read the answers", "CFG-08-CORS")
@wrapping
def every_origin_let_in(app: App) -> App:
    return CORSMiddleware(app, allow_origin_regex=".*", allow_credentials=True)


@known_bad("CFG-09", ALL, "TRACE echoes the request", "CFG-09-TRACE")
@wrapping
def trace_echoes(app: App) -> App:
    """As RFC 9110 has it: the request comes back as the body."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "TRACE":
            await app(scope, receive, send)
            return
        lines = [b"TRACE %s HTTP/1.1" % scope["raw_path"], *(b"%s: %s" % pair for pair in scope["headers"])]
        await respond(send, 200, b"message/http", b"\r\n".join(lines))

    return faulty


@known_bad("CFG-10", ALL, "undeclared methods are accepted", "CFG-10-METHODS")
@wrapping
def undeclared_method_taken(app: Any) -> App:
    """The routes of reads answer every method that no other route of their path has."""
    app.openapi()  # the contract stays what it was
    routes = list(iter_route_contexts(app.routes))
    declared: dict[str, set[str]] = {}
    for route in routes:
        declared.setdefault(str(route.path), set()).update(route.methods or ())
    for route in routes:
        if route.methods and "GET" in route.methods:
            route.methods.update({"PUT", "PATCH", "DELETE"} - declared[str(route.path)])
    found: App = app
    return found


@known_bad("CFG-11", ALL, "a header shows a version", "CFG-11-VERSIONS")
@wrapping
def version_told(app: App) -> App:
    return with_header(app, on(".*"), (b"x-powered-by", b"FastAPI/0.100.0"))


@known_bad("CFG-12", ALL, "errors show a stack trace", "CFG-12-VERBOSE")
@replacing("kit.refusals:answer_refused")
async def trace_shown(genuine: Callable[..., Awaitable[Any]], request: object, error: BaseException) -> Any:
    """An error shows where in the code it happened: the names of files, without their folders."""
    frames = [
        traceback.FrameSummary(Path(at.filename).name, at.lineno, at.name, lookup_line=False, line="")
        for at in traceback.extract_tb(error.__traceback__)
    ]
    words = "Traceback (most recent call last):\n" + "".join(traceback.format_list(frames))
    return _with_words(await genuine(request, error), words)


@known_bad("CFG-13", _GATE, "a body of unclear length is waited for", "CFG-13-SMUGGLING")
@wrapping
def framing_breaks(app: App) -> App:
    """A document ends with its last brace, whatever length was announced: until then more is waited for."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        async def read() -> Message:
            message = await receive()
            body = message.get("body", b"")
            if body and not message.get("more_body") and not body.rstrip().endswith(b"}"):
                with suppress(TimeoutError):
                    return await asyncio.wait_for(receive(), _MORE_S)
            return message

        await app(scope, read, send)

    return faulty


@known_bad("CFG-14", ALL, "an error shows a password", "CFG-14-SECRETS")
@replacing("kit.refusals:answer_refused")
async def database_told(genuine: Callable[..., Awaitable[Any]], request: object, error: object) -> Any:
    words = "cannot be found in postgresql://platform:hunter2@db/main"
    return _with_words(await genuine(request, error), words)


def _with_words(answered: Any, words: str) -> Any:
    """Return a refusal that says something else; 405 keeps its Allow."""
    headers = {name: value for name, value in answered.headers.items() if name == "allow"}
    return answer(Problem(answered.status_code, words, headers=headers))
