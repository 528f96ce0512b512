"""The router's side towards clients: a connection, its requests and the answers written to it."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Awaitable, Callable
from typing import cast

import httptools

from sandbox.platform.router_http import (
    Body,
    Headers,
    Hold,
    RefusedError,
    Request,
    answer_head,
    end_to_end,
    hold,
    host_of,
    refusal,
)

IDLE_S = 75.0
"""A connection on which nothing happens for so long is closed."""
_HEAD_BYTES = 65_536
_BODY_BYTES = 32 * 1024 * 1024
"""Cloud Run's limit of an HTTP/1 request."""

Handler = Callable[[Request, "Reply"], Awaitable[None]]


class Reply:
    """The answer to one request, sent piece by piece."""

    def __init__(self, connection: Connection, request: Request) -> None:
        self._connection = connection
        self._request = request
        self._pieces: list[bytes] = []
        self._is_chunked = False
        self.has_begun = False
        self.is_complete = False

    @property
    def client(self) -> str:
        return self._connection.client

    def throttle(self, hold_source: Hold) -> None:
        """Name what holds the source when the client reads slowly."""
        self._connection.hold_source = hold_source

    def begin(self, code: int, reason: bytes, headers: Headers, *, has_body: bool) -> None:
        """Take the head; the body is framed anew for this client."""
        request = self._request
        kept = end_to_end(headers)
        if has_body and not any(name.lower() == b"content-length" for name, _ in kept):
            self._is_chunked = request.speaks_chunked
            if self._is_chunked:
                kept.append((b"transfer-encoding", b"chunked"))
            else:
                request.keeps_alive = False
        if not request.keeps_alive:
            kept.append((b"connection", b"close"))
        self.has_begun = True
        self._pieces.append(answer_head(code, reason, kept))

    def write(self, chunk: bytes) -> None:
        self._pieces += (b"%x\r\n" % len(chunk), chunk, b"\r\n") if self._is_chunked else (chunk,)

    def flush(self) -> None:
        if self._pieces:
            self._connection.write(b"".join(self._pieces))
            self._pieces.clear()

    def end(self) -> None:
        if self._is_chunked:
            self._pieces.append(b"0\r\n\r\n")
        self.is_complete = True
        self.flush()

    def send(self, answer: bytes) -> None:
        self.has_begun = self.is_complete = True
        self._connection.write(answer)

    def refuse(self, error: RefusedError) -> None:
        """Answer with an error; when the answer has begun already, break the connection instead."""
        if self.has_begun:
            self._connection.abort()
            return
        is_head = self._request.method == b"HEAD"
        self.send(refusal(error, keeps_alive=self._request.keeps_alive, is_head=is_head))


class Connection(asyncio.Protocol):
    """A client's connection; requests are answered one after another, in their order."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._headers: Headers = []
        self._target = b""
        self._is_in_head = False
        self._head_bytes = 0
        self._body_bytes = 0
        self._incoming: Request | None = None
        self._waiting: collections.deque[Request] = collections.deque()
        self._task: asyncio.Task[None] | None = None
        self._idle_timer: asyncio.TimerHandle | None = None
        self.client = ""
        self.hold_source: Hold | None = None

    def write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)

    def abort(self) -> None:
        """Break the connection, so that the client sees that its answer is not whole."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.client = transport.get_extra_info("peername")[0]
        self._watch_idleness()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The client is gone: so is the reason to go on."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        if self._task is not None:
            self._task.cancel()
        self._waiting.clear()

    def pause_writing(self) -> None:
        if self.hold_source is not None:
            self.hold_source(True)

    def resume_writing(self) -> None:
        if self.hold_source is not None:
            self.hold_source(False)

    def data_received(self, data: bytes) -> None:
        """Parse a piece of the stream; the parser calls the `on_…` methods."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._say_goodbye_after_this()
        except httptools.HttpParserError:
            self._break_off(RefusedError(400, "This is not an HTTP/1.1 request."))
        else:
            self._head_bytes += len(data) if self._is_in_head else 0
            if self._head_bytes > _HEAD_BYTES:
                self._break_off(RefusedError(431, f"The head of a request may have {_HEAD_BYTES} bytes."))

    def on_message_begin(self) -> None:
        self._headers, self._target = [], b""
        self._is_in_head = True
        self._body_bytes = 0
        self._incoming = None
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        self._watch_idleness()

    def on_url(self, piece: bytes) -> None:
        self._target += piece

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is known: answer the request, or let it wait for the one before it."""
        self._is_in_head = False
        self._head_bytes = 0
        try:
            request = self._request()
        except RefusedError as error:
            self._break_off(error)
            return
        self._incoming = request
        if self._task is not None:
            self._waiting.append(request)
            self._hold_client(len(self._waiting) > 1)
            return
        if any(
            name.lower() == b"expect" and value.lower() == b"100-continue" for name, value in self._headers
        ):
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._answer(request)

    def on_body(self, chunk: bytes) -> None:
        self._body_bytes += len(chunk)
        if self._body_bytes > _BODY_BYTES:
            self._break_off(RefusedError(413, f"The body of a request may have {_BODY_BYTES} bytes."))
        elif self._incoming is not None:
            self._incoming.body.feed(chunk)

    def on_message_complete(self) -> None:
        if self._incoming is not None:
            self._incoming.body.finish()
        self._incoming = None

    def _request(self) -> Request:
        """The request as the parser has it; raises RefusedError when it must not go on."""
        by_name = {name.lower(): value for name, value in self._headers}
        if int(by_name.get(b"content-length", b"0")) > _BODY_BYTES:
            raise RefusedError(413, f"The body of a request may have {_BODY_BYTES} bytes.")
        return Request(
            method=self._parser.get_method(),
            target=self._target,
            headers=self._headers,
            host=host_of(self._headers),
            body=Body(self._hold_client),
            is_chunked=b"transfer-encoding" in by_name,
            keeps_alive=self._parser.should_keep_alive(),
            speaks_chunked=self._parser.get_http_version() == "1.1",
        )

    def _answer(self, request: Request) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        self._task = asyncio.get_running_loop().create_task(self._run(request))

    async def _run(self, request: Request) -> None:
        reply = Reply(self, request)
        try:
            await self._handler(request, reply)
        finally:
            self.hold_source = None
            request.body.discard()
            self._task = None
            if not reply.is_complete:
                self.abort()
        if not request.keeps_alive:
            self._close()
        elif self._waiting:
            self._hold_client(False)
            self._answer(self._waiting.popleft())
        else:
            self._watch_idleness()

    def _watch_idleness(self) -> None:
        self._idle_timer = asyncio.get_running_loop().call_later(IDLE_S, self._close)

    def _hold_client(self, is_held: bool) -> None:  # noqa: FBT001 - the one question of a `Hold`
        hold(self._transport, is_held)

    def _say_goodbye_after_this(self) -> None:
        """A request for another protocol is answered in HTTP/1.1, and nothing more is read."""
        self._hold_client(True)
        if self._task is None:
            self._close()

    def _break_off(self, error: RefusedError) -> None:
        if self._task is None:
            self.write(refusal(error, keeps_alive=False))
            self._close()
        else:
            self.abort()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
