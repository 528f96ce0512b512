"""Revisions that changed and are right: no criterion may turn red."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from sandbox.faults.fault import ALL, App, Message, Receive, Scope, Send, benign, replacing, wrapping
from sandbox.faults.response_faults import answering, on, rewriting, starting


@benign("B1", ("asset-discovery", "threat-detection"), "one more optional field")
@rewriting("GET /v1/[^/]+/[^/]+")
def optional_field(document: Any) -> Any:
    return {**document, "displayHint": "new"}


@benign("B2", ("event-processor", "decision-engine"), "one more operation")
@wrapping
def new_endpoint(app: App) -> App:
    return answering(app, on(".* /v1/hints"), 200, b'{"items":[]}')


@benign("B3", ALL, "every answer takes a twentieth longer")
@wrapping
def five_percent_slower(app: App) -> App:
    async def slower(scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()

        async def send_later(message: Message) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep((time.perf_counter() - begun) * 0.05)
            await send(message)

        await app(scope, receive, send_later if scope["type"] == "http" else send)

    return slower


@benign("B4", ALL, "header names in other letters")
@wrapping
def header_case(app: App) -> App:
    """RFC 9110, section 5.1: they mean the same."""
    turns = itertools.cycle((bytes.title, bytes.upper))

    def other(start: Message) -> Message:
        return {**start, "headers": [(next(turns)(name), value) for name, value in start["headers"]]}

    return starting(app, on(".*"), other)


@benign("B5", ("asset-discovery", "auth-service", "api-gateway"), "members in another order")
@rewriting(".*")
def reordered(document: Any) -> Any:
    return _reversed(document)


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reversed(inner) for name, inner in reversed(value.items())}
    return [_reversed(inner) for inner in value] if isinstance(value, list) else value


@benign("B6", ("auth-service", "decision-engine"), "refusals in other words")
@replacing("kit.problem:Problem.__init__")
def wording(
    genuine: Callable[..., None], problem: Any, status: int, detail: str = "", **options: Any
) -> None:
    """Their codes and statuses stay."""
    genuine(problem, status, detail and f"Sorry: {detail[:1].lower()}{detail[1:]}", **options)
