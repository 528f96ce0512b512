"""Forwards a checked request to its service and brings the answer back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from sandbox.kit.breaker import CircuitOpenError
from sandbox.kit.identity import required
from sandbox.kit.mesh import Call, unavailable
from sandbox.kit.problem import MEDIA_TYPE, Problem
from sandbox.kit.runtime import KitDep
from sandbox.services.api_gateway.table import (
    METHODS,
    PREFIX,
    Target,
    answered_headers,
    forwarded_headers,
    target_of,
)

router = APIRouter()
_anyone = required()
_PLAIN_FAILURES = {502: "did not answer properly", 503: "is not available", 504: "did not answer in time"}


@router.api_route(PREFIX + "{service}/{path:path}", methods=list(METHODS), include_in_schema=False)
async def forward(request: Request, kit: KitDep) -> Response:
    target = target_of(request.scope["raw_path"].decode("latin-1"))
    if target is None:
        raise Problem(404, "There is nothing here.")
    if target.is_open(request.method):
        kit.charge_address(request)
    else:
        await _anyone(request)
    return await answer_of(request, kit, target)


async def answer_of(request: Request, kit: KitDep, target: Target) -> Response:
    """Send the request on and return the service's answer, streamed when it is a stream of events.

    Raises:
        Problem: 502 or 504 when the service did not answer, 503 when its circuit is open.
    """
    content = await request.body()
    stack = AsyncExitStack()
    try:
        async with asyncio.timeout(target.route.timeout_s):
            exchange = kit.mesh.exchange(call_of(request, target), content)
            response = await stack.enter_async_context(exchange)
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return _streamed(response, stack.pop_all())
        async with asyncio.timeout(target.route.timeout_s):
            await response.aread()
    except CircuitOpenError as error:
        raise unavailable(target.route.service, error) from error
    except (TimeoutError, httpx.TimeoutException) as error:
        raise failure(504, target) from error
    except httpx.HTTPError as error:
        raise failure(502, target) from error
    finally:
        await stack.aclose()
    return _whole(response, target)


def call_of(request: Request, target: Target) -> Call:
    """Return the call that carries the caller's own token; the service checks it again."""
    query = request.scope["query_string"].decode("latin-1")
    return Call(
        service=target.route.service,
        method=request.method,
        path=target.path + (f"?{query}" if query else ""),
        headers={**forwarded_headers(request.headers.items()), "accept-encoding": "identity"},
        timeout_s=target.route.timeout_s,
        is_anonymous=True,
    )


def failure(status: int, target: Target) -> Problem:
    """Return the problem of a service that did not answer in good order."""
    return Problem(
        status,
        f"{target.route.service} {_PLAIN_FAILURES[status]}.",
        code="upstream_failed",
        headers={"Retry-After": "1"},
    )


def _whole(response: httpx.Response, target: Target) -> Response:
    """Return the answer; a bare failure of the platform in between gets the shape of all errors."""
    media_type = response.headers.get("content-type", "")
    if response.status_code in _PLAIN_FAILURES and not media_type.startswith(MEDIA_TYPE):
        raise failure(response.status_code, target)
    headers = answered_headers(response.headers.items(), response.status_code)
    return Response(response.content, status_code=response.status_code, headers=headers)


def _streamed(response: httpx.Response, stack: AsyncExitStack) -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        async with stack:
            async for chunk in response.aiter_raw():
                yield chunk

    headers = answered_headers(response.headers.items(), response.status_code)
    return StreamingResponse(chunks(), status_code=response.status_code, headers=headers)
