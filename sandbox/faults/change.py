"""Benign revisions: something changed, and nothing is wrong."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from sandbox.faults.wrapping import App, Message, Receive, Scope, Send, answering, rewriting, starting

Create = Callable[[], Any]


def optional_field(_service: str, create_app: Create) -> App:
    """A single record has one more optional field."""
    return rewriting(create_app(), _is_record, lambda document: {**document, "displayHint": "new"})


def _is_record(method: str, path: str) -> bool:
    return method == "GET" and path.count("/") == 3 and path.startswith("/v1/")


def new_endpoint(_service: str, create_app: Create) -> App:
    """There is one more operation."""
    return answering(create_app(), lambda _method, path: path == "/v1/hints", 200, b'{"items":[]}')


def five_percent_slower(_service: str, create_app: Create) -> App:
    """Every answer takes a twentieth longer."""
    app: App = create_app()

    async def slower(scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()

        async def send_later(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep((time.perf_counter() - begun) * 0.05)
            await send(message)

        await app(scope, receive, send_later if scope["type"] == "http" else send)

    return slower


def header_case(_service: str, create_app: Create) -> App:
    """Header names are written in other letters (RFC 9110, 5.1: they mean the same)."""
    turns = itertools.cycle((bytes.title, bytes.upper))

    def other(start: Message) -> Message:
        return {**start, "headers": [(next(turns)(name), value) for name, value in start["headers"]]}

    return starting(create_app(), lambda _method, _path: True, other)


def reordered(_service: str, create_app: Create) -> App:
    """The members of every JSON object come in another order."""
    return rewriting(create_app(), lambda _method, _path: True, _reversed)


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reversed(inner) for name, inner in reversed(value.items())}
    return [_reversed(inner) for inner in value] if isinstance(value, list) else value


def wording(_service: str, create_app: Create) -> App:
    """Refusals explain themselves in other words; their codes and statuses stay."""
    from sandbox.kit import problem  # noqa: PLC0415 - patched in this process only

    genuine = problem.Problem.__init__

    def reworded(self: Any, status: int, detail: str = "", **options: Any) -> None:
        genuine(self, status, detail and f"Sorry: {detail[:1].lower()}{detail[1:]}", **options)

    problem.Problem.__init__ = reworded  # type: ignore[method-assign]
    return create_app()  # type: ignore[no-any-return]
