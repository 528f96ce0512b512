"""Revisions that stumble over what comes in, or do what it says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from sandbox.faults.outbound import fetch_entities, fetch_local, make_tools, run_restricted
from sandbox.faults.reading import reading, values_of
from sandbox.faults.request_faults import header
from sandbox.faults.wrapping import App, Message, Receive, Scope, Send, starting
from sandbox.kit.limits import Quota
from sandbox.kit.settings import Settings

Create = Callable[[], Any]
_MORE_S = 5.0
"""Longer than anybody who looks at the framing waits."""


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
    """A document is walked by a function that calls itself, and nobody limits how deep."""

    def depth(found: Any) -> int:
        inner = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
        return 1 + max((depth(one) for one in inner), default=0)

    async def read(_scope: Scope, body: bytes) -> None:
        try:
            depth(json.loads(body))
        except ValueError:
            return  # the handler refuses it

    return reading(create_app, read)


def page_unbounded(service: str, create_app: Create) -> App:
    """The largest page stands in the contract and nowhere in the code."""
    from fastapi import Query  # noqa: PLC0415 - of the one process that runs this revision

    said = {"maximum": 200}
    for module in _modules_of(service):
        if hasattr(module, "Limit"):
            vars(module)["Limit"] = Annotated[int, Query(ge=1, json_schema_extra=said)]
    return create_app()  # type: ignore[no-any-return]


def _modules_of(service: str) -> list[Any]:
    package = f"sandbox.services.{service.replace('-', '_')}."
    return [module for name, module in sys.modules.items() if name.startswith(package)]


def nan_breaks(_service: str, create_app: Create) -> App:
    """A document is written down in its canonical form, which has no word for what is no number."""

    async def read(_scope: Scope, body: bytes) -> None:
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return  # the handler refuses it
        json.dumps(found, allow_nan=False, sort_keys=True)

    return reading(create_app, read)


def quote_breaks(_service: str, create_app: Create) -> App:
    """A parameter is put into the query of the database as it is."""
    searches = sqlite3.connect(":memory:", check_same_thread=False)
    searches.execute("CREATE TABLE searches (value TEXT)")

    async def read(scope: Scope, _body: bytes) -> None:
        for value in values_of(scope):
            searches.execute(f"SELECT count(*) FROM searches WHERE value = '{value}'")  # noqa: S608 - the fault

    return reading(create_app, read)


def template_evaluated(_service: str, create_app: Create) -> App:
    """What was refused is put into the template of the answer, not into its values."""
    from jinja2.sandbox import SandboxedEnvironment  # noqa: PLC0415 - of the one process that runs this revision

    from sandbox.kit import refusals  # noqa: PLC0415 - patched in this process only
    from sandbox.kit.problem import Problem, answer  # noqa: PLC0415 - as above

    genuine, templates = refusals.answer_invalid, SandboxedEnvironment(autoescape=False)

    async def rendered(request: Any, error: Any) -> Any:
        answered = await genuine(request, error)
        if answered.status_code != 422:
            return answered
        given = ", ".join(str(item.get("input")) for item in error.errors()).encode(errors="replace").decode()
        return answer(Problem(422, templates.from_string(f"Refused: {given}").render(), code="invalid"))

    vars(refusals)["answer_invalid"] = rendered
    return create_app()  # type: ignore[no-any-return]


def scans_anything(_service: str, create_app: Create) -> App:
    """A scan looks at whatever address it is given; here that ends at the machine's own ports."""
    from sandbox.kit.models import Shape  # noqa: PLC0415 - of the one process that runs this revision
    from sandbox.services.asset_discovery import domain, routes  # noqa: PLC0415 - patched in this process only

    genuine, scanned = domain.addresses_of, re.compile(r"10\.\d+\.\d+\.0/24")

    class NewScan(Shape):
        """A place to look at."""

        network: str

    def addresses_of(network: str) -> list[str]:
        if scanned.fullmatch(network):
            return genuine(network)
        fetch_local(network)
        return [network]

    vars(routes)["NewScan"] = NewScan
    vars(domain)["addresses_of"] = addresses_of
    return create_app()  # type: ignore[no-any-return]


def header_from_parameter(_service: str, create_app: Create) -> App:
    """Headers are written as text, a parameter among them, and the text is cut into lines."""
    app = create_app()

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        pairs = scope.get("query_string", b"").split(b"&")
        values = [unquote_to_bytes(pair.partition(b"=")[2]) for pair in pairs]
        lines = b"".join(b"x-asked-for: %s\r\n" % value for value in values if value).splitlines()
        more = [
            (name.strip().lower(), value.strip()) for name, _, value in (one.partition(b":") for one in lines)
        ]

        async def echo(message: Message) -> None:
            if message["type"] == "http.response.start":
                good = [pair for pair in more if pair[0]]
                message = {**message, "headers": [*message["headers"], *good]}
            await send(message)

        await app(scope, receive, echo)

    return spoilt


def entities_fetched(_service: str, create_app: Create) -> App:
    """XML is parsed, external entities included, before it is refused."""

    async def read(scope: Scope, body: bytes) -> None:
        if header(scope, "content-type").partition(";")[0].endswith("xml"):
            await asyncio.to_thread(fetch_entities, body)

    return reading(create_app, read)


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
    """TRACE is carried out as RFC 9110 has it: the request comes back as the body."""
    app = create_app()

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") != "TRACE":
            await app(scope, receive, send)
            return
        lines = [b"TRACE %s HTTP/1.1" % scope["raw_path"], *(b"%s: %s" % pair for pair in scope["headers"])]
        body = b"\r\n".join(lines)
        headers = [(b"content-type", b"message/http"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return spoilt


def undeclared_method_taken(_service: str, create_app: Create) -> App:
    """The routes of reads answer every method that no other route of their path has."""
    from fastapi.routing import iter_route_contexts  # noqa: PLC0415 - of the one process that runs this revision

    app = create_app()
    app.openapi()  # the contract stays what it was
    routes = list(iter_route_contexts(app.routes))
    declared: dict[str, set[str]] = {}
    for route in routes:
        declared.setdefault(str(route.path), set()).update(route.methods or ())
    for route in routes:
        if route.methods and "GET" in route.methods:
            route.methods.update({"PUT", "PATCH", "DELETE"} - declared[str(route.path)])
    return app  # type: ignore[no-any-return]


def _refusing_with(create_app: Create, words: Callable[[BaseException], str]) -> App:
    """Return the app with these words of its own in each answer to what it does not have or do."""
    from sandbox.kit import refusals  # noqa: PLC0415 - patched in this process only
    from sandbox.kit.problem import Problem, answer  # noqa: PLC0415 - of the one process that runs this revision

    genuine = refusals.answer_refused

    async def talkative(request: Any, error: Any) -> Any:
        answered = await genuine(request, error)
        headers = {name: value for name, value in answered.headers.items() if name == "allow"}
        return answer(Problem(answered.status_code, words(error), headers=headers))

    vars(refusals)["answer_refused"] = talkative
    return create_app()  # type: ignore[no-any-return]


def _trace(error: BaseException) -> str:
    """Return the trace of an error, with the names of files and without their folders."""
    frames = [
        traceback.FrameSummary(
            Path(frame.filename).name, frame.lineno, frame.name, lookup_line=False, line=""
        )
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return "Traceback (most recent call last):\n" + "".join(traceback.format_list(frames))


def trace_shown(_service: str, create_app: Create) -> App:
    """An error shows where in the code it happened."""
    return _refusing_with(create_app, _trace)


def framing_breaks(_service: str, create_app: Create) -> App:
    """A document ends with its last brace, whatever length was announced: until then more is waited for."""
    app = create_app()

    async def spoilt(scope: Scope, receive: Receive, send: Send) -> None:
        async def read() -> Message:
            message = await receive()
            body = message.get("body", b"")
            if body and not message.get("more_body") and not body.rstrip().endswith(b"}"):
                with suppress(TimeoutError):
                    return await asyncio.wait_for(receive(), _MORE_S)
            return message

        await app(scope, read, send)

    return spoilt


def database_told(_service: str, create_app: Create) -> App:
    """An error names the database with its password."""
    said = "cannot be found in postgresql://platform:hunter2@db/main"
    return _refusing_with(create_app, lambda _error: said)


def commands_run(service: str, create_app: Create) -> App:
    """A parameter becomes a word of a command line that a shell reads."""
    tools = make_tools(Settings.from_environment(service=service).data_dir / f"tools-{os.getpid()}")

    async def read(scope: Scope, _body: bytes) -> None:
        for value in values_of(scope):
            await asyncio.to_thread(run_restricted, f"true {value}", tools)

    return reading(create_app, read)
