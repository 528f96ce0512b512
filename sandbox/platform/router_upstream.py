"""The router's side towards an instance: one keep-alive connection that carries one exchange at a time."""

from __future__ import annotations

import asyncio
from typing import cast

import httptools

from sandbox.platform.instance import Instance
from sandbox.platform.router_downstream import Reply
from sandbox.platform.router_http import Headers, hold

_NO_BODY = (204, 304)
_PUT_AWAY_S = 60.0
"""An idle connection older than this is not used again."""


class BrokenUpstreamError(Exception):
    """The instance closed its connection, or spoke no HTTP, in the middle of an exchange."""


class Upstream(asyncio.Protocol):
    """A connection to an instance."""

    def __init__(self, instance: Instance) -> None:
        """Belong to an instance, whose list of idle connections this one joins between exchanges."""
        self._instance = instance
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._answer: Reply | None = None
        self._done: asyncio.Future[int] | None = None
        self._headers: Headers = []
        self._reason = b""
        self._is_head = False
        self._code = 0
        self._ends_with_connection = False
        self._keeps_alive = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._idle_since = 0.0

    @property
    def is_reusable(self) -> bool:
        """Whether an idle connection may carry another exchange."""
        is_fresh = asyncio.get_running_loop().time() - self._idle_since < _PUT_AWAY_S
        return is_fresh and self._transport is not None and not self._transport.is_closing()

    @property
    def has_answered(self) -> bool:
        """Whether a byte of the answer has arrived."""
        return self._parser is not None and bool(self._code or self._headers or self._reason)

    def begin(self, request: bytes, answer: Reply, *, is_head: bool) -> asyncio.Future[int]:
        """Send a request's head and what is there of its body; the future holds the status in the end."""
        self._parser = httptools.HttpResponseParser(self)
        self._answer = answer
        self._is_head = is_head
        self._headers, self._reason, self._code = [], b"", 0
        self._ends_with_connection = False
        self._done = asyncio.get_running_loop().create_future()
        self.write(request)
        return self._done

    def write(self, chunk: bytes) -> None:
        if self._transport is not None:
            self._transport.write(chunk)

    async def drain(self) -> None:
        await self._writable.wait()

    def hold(self, is_held: bool) -> None:  # noqa: FBT001 - the one question of a `Hold`
        hold(self._transport, is_held)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Parse a piece of the answer; the parser calls the `on_…` methods."""
        answer = self._answer
        if self._parser is None or answer is None:
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.close()
        else:
            answer.flush()

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Pass the head on; an interim answer (1xx) is dropped."""
        if self._parser is None or self._answer is None:
            return
        code = self._parser.get_status_code()
        if code < 200:
            self._headers, self._reason = [], b""
            return
        self._code = code
        self._keeps_alive = self._parser.should_keep_alive()
        has_body = not self._is_head and code not in _NO_BODY
        names = {name.lower() for name, _ in self._headers}
        self._ends_with_connection = has_body and not names & {b"content-length", b"transfer-encoding"}
        self._answer.begin(code, self._reason, self._headers, has_body=has_body)
        if not has_body:
            self._finish()

    def on_body(self, chunk: bytes) -> None:
        if self._answer is not None:
            self._answer.write(chunk)

    def on_message_complete(self) -> None:
        """End the exchange; not after an interim answer."""
        if self._code:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the exchange that is left, well or badly."""
        self._writable.set()
        if self in self._instance.idle_connections:
            self._instance.idle_connections.remove(self)
        if self._ends_with_connection and exc is None:
            self._finish()
        if self._done is not None and not self._done.done():
            self._done.set_exception(BrokenUpstreamError(str(exc or "closed")))

    def _finish(self) -> None:
        answer, done = self._answer, self._done
        if answer is None or done is None or done.done():
            return
        self._answer = None
        answer.end()
        done.set_result(self._code)
        if self._keeps_alive and not self._ends_with_connection:
            self._idle_since = asyncio.get_running_loop().time()
        elif self._transport is not None:
            self._transport.close()


async def connect(instance: Instance) -> Upstream:
    """Open a connection to an instance.

    Raises:
        OSError: it does not accept one.
    """
    loop = asyncio.get_running_loop()
    _, upstream = await loop.create_connection(lambda: Upstream(instance), "127.0.0.1", instance.port)
    return upstream
