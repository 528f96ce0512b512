"""Applications small enough to be the image of a test's revision; named as `py:<this file>:<name>`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def mirror(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what arrived; the path chooses the way it is answered."""
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path == "/curt":
        await _answer(send, b"refused", [], 413)
        return
    body = await _read(receive)
    if path == "/slow":
        await asyncio.sleep(float(scope["query_string"]))
    if path == "/stream":
        await _stream(send, scope["query_string"].decode())
    elif path == "/die":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        os.kill(os.getpid(), signal.SIGKILL)
    elif path == "/crash":
        os.kill(os.getpid(), signal.SIGKILL)
    elif path == "/echo":
        await _answer(
            send, body, [(b"connection", b"x-secret-hop"), (b"x-secret-hop", b"1"), (b"x-kept", b"1")]
        )
    else:
        await _answer(send, _seen(scope, body), [])


async def moody(scope: Scope, receive: Receive, send: Send) -> None:
    """Healthy for as long as the file named by MOOD exists."""
    if scope["type"] != "http":
        return
    await _read(receive)
    is_well = os.access(os.environ["MOOD"], os.R_OK) or scope["path"] != "/healthz"
    await _answer(send, str(os.getpid()).encode(), [], 200 if is_well else 503)


def broken() -> None:
    """A factory that fails."""
    raise RuntimeError("this image cannot start")


async def deaf(scope: Scope, receive: Receive, _send: Send) -> None:
    """An application whose start never ends."""
    if scope["type"] == "lifespan":
        await receive()
        await asyncio.Event().wait()


def made() -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """A factory that works."""
    return mirror


def _seen(scope: Scope, body: bytes) -> bytes:
    headers = [[name.decode(), value.decode()] for name, value in scope["headers"]]
    seen = {
        "revision": os.environ.get("K_REVISION"),
        "pid": os.getpid(),
        "path": scope["path"],
        "body": len(body),
        "headers": headers,
        "env": dict(os.environ),
    }
    return json.dumps(seen).encode()


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _answer(send: Send, body: bytes, headers: list[tuple[bytes, bytes]], status: int = 200) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def _stream(send: Send, gate: str) -> None:
    """Send one event, and the second only when the file `gate` exists."""
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
    )
    await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
    while not Path(gate).exists():  # noqa: ASYNC110, ASYNC240 - the test's sign comes from another process
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": b"data: 2\n\n"})
