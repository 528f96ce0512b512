"""Ways to make a service read what comes in without care: middleware of its own, inside its envelope.

What such a reader raises is answered by the service itself, as any mistake in its code is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from sandbox.faults.wrapping import App, Message, Receive, Scope, Send

Read = Callable[[Scope, bytes], Awaitable[None]]
"""Takes each request and its whole body before the handler gets them."""


def reading(create_app: Callable[[], Any], read: Read) -> App:
    """Return the app with one reader more, next to its handlers."""
    app = create_app()
    app.user_middleware.append(Middleware(_Reader, read=read))
    return app  # type: ignore[no-any-return]


def values_of(scope: Scope) -> Iterator[str]:
    """Yield the values of the query; no database or shell takes NUL, so it is left out."""
    for _name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        yield value.replace("\0", "")


class _Reader:
    def __init__(self, app: App, *, read: Read) -> None:
        self._app = app
        self._read = read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        messages, refused = await _received(receive)
        if refused is None:
            await self._read(scope, b"".join(message.get("body", b"") for message in messages))

        async def again() -> Message:
            if messages:
                return messages.pop(0)
            if refused is not None:
                raise refused
            return await receive()

        await self._app(scope, again, send)


async def _received(receive: Receive) -> tuple[list[Message], HTTPException | None]:
    """Return the messages of a request, and the refusal that a body beyond the limit met."""
    messages: list[Message] = []
    try:
        while not messages or messages[-1].get("more_body", False):
            messages.append(await receive())
    except HTTPException as refused:
        return messages, refused
    return messages, None
