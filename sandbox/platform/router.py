"""The traffic router: one exchange per request, from the choice of a revision to its sample."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.platform.capacity_limit import CapacityLimit
from sandbox.platform.contract import RequestSample, SampleSink, StartError
from sandbox.platform.identity.invoker_check import InvokerCheck
from sandbox.platform.instance import Instance
from sandbox.platform.instances import Fleet, NoCapacityError
from sandbox.platform.router_downstream import Reply
from sandbox.platform.router_http import FrontEndError, RefusedError, Request
from sandbox.platform.router_table import ClosedError, Destination, IngressOrigin, RoutingTable
from sandbox.platform.router_upstream import BrokenUpstreamError, Upstream, connect

_ATTEMPTS = 3
_PAUSE_S = 0.5
"""How long the end of an instance that accepts no connection is waited for."""
_DYING_S = 0.25
"""How long the end of an instance that broke off is waited for: it must not be chosen again."""
_RETRY_AFTER_S = 1
_CLIENT_CLOSED = 499
_REPEATABLE = (b"GET", b"HEAD", b"OPTIONS")


class _NotDeliveredError(Exception):
    """The instance has seen nothing of the request, so that it may be sent again."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """How requests come in at one listener."""

    origin: IngressOrigin
    scheme: str
    is_mesh: bool = False


class Router:
    """Forwards each request to an instance of the revision that its service's split chose for it."""

    def __init__(
        self,
        table: RoutingTable,
        fleets: Mapping[str, Fleet],
        sink: SampleSink,
        capacity_limit: CapacityLimit | None = None,
        invokers: InvokerCheck | None = None,
    ) -> None:
        """Take the table, the fleets by revision, where samples go, and what holds requests up or back."""
        self._capacity_limit = capacity_limit
        self._invokers = invokers
        self._table = table
        self._fleets = fleets
        self._sink = sink

    async def handle(self, request: Request, reply: Reply, entrance: Entrance) -> None:
        """Answer one request, and report how that went when it concerned a service."""
        started = time.perf_counter()
        destination = Destination("", "")
        code = _CLIENT_CLOSED
        try:
            destination = self._find(request, entrance)
            if self._invokers is not None and (self._invokers.asks_mesh or not entrance.is_mesh):
                self._invokers.check(destination.service, request)
            if self._capacity_limit is not None:
                await self._capacity_limit.wait(destination.service)
            code = await self._exchange(request, reply, destination.revision, entrance.scheme)
        except RefusedError as error:
            code = error.code
            destination = Destination(destination.service or error.service, error.revision)
            reply.refuse(error)
        finally:
            if destination.service:
                elapsed_ms = (time.perf_counter() - started) * 1000
                self._sink.record(
                    RequestSample(
                        at=time.time(),
                        service=destination.service,
                        revision=destination.revision,
                        code=code,
                        latency_ms=elapsed_ms,
                        method=request.method.decode("latin-1"),
                        url=f"{entrance.scheme}://{request.host}{request.target.decode('latin-1')}",
                    )
                )

    def _find(self, request: Request, entrance: Entrance) -> Destination:
        if not request.host:
            raise RefusedError(400, "A request needs a Host header.")
        try:
            return self._table.find(request.host, entrance.origin)
        except ClosedError as error:
            raise FrontEndError(404, request, service=error.service) from error

    async def _exchange(self, request: Request, reply: Reply, revision: str, scheme: str) -> int:
        """Forward a request and return the answer's status.

        Raises:
            RefusedError: 429 or 503 without an instance, 502 when it broke off, 504 when it took too long.
        """
        fleet = self._fleets.get(revision)
        if fleet is None:
            raise RefusedError(503, f"Revision {revision} does not run here.")
        head = request.head_for_instance(reply.client, scheme)
        limit = fleet.spec.timeout_s
        try:
            async with asyncio.timeout(limit):
                for _ in range(_ATTEMPTS):
                    try:
                        return await self._attempt(request, reply, fleet, head)
                    except _NotDeliveredError:
                        continue
        except TimeoutError:
            raise RefusedError(
                504, f"{revision} did not answer within {limit:g} s.", revision=revision
            ) from None
        except BrokenUpstreamError:
            raise RefusedError(502, f"{revision} broke off its answer.", revision=revision) from None
        raise RefusedError(502, f"{revision} accepts no connection.", revision=revision)

    async def _attempt(self, request: Request, reply: Reply, fleet: Fleet, head: bytes) -> int:
        try:
            instance = await fleet.acquire()
        except NoCapacityError as error:
            raise RefusedError(429, str(error), retry_after_s=_RETRY_AFTER_S) from error
        except StartError as error:
            raise RefusedError(503, f"No instance of {fleet.spec.revision} could be started.") from error
        try:
            return await _through(instance, request, reply, head)
        finally:
            fleet.release(instance)


async def _through(instance: Instance, request: Request, reply: Reply, head: bytes) -> int:
    """Carry one exchange over a connection to an instance.

    Raises:
        _NotDeliveredError: it can be tried again.
        BrokenUpstreamError: it broke off.
    """
    upstream = _idle_connection(instance)
    is_reused = upstream is not None
    if upstream is None:
        try:
            upstream = await connect(instance)
        except OSError as error:
            await instance.wait_gone(_PAUSE_S)
            raise _NotDeliveredError from error
    reply.throttle(upstream.hold)
    has_body = not request.body.is_complete or request.body.is_filled
    try:
        code = await _carry(upstream, request, reply, head)
    except BrokenUpstreamError as error:
        upstream.close()
        await instance.wait_gone(_DYING_S)
        if is_reused and not has_body and not upstream.has_answered and request.method in _REPEATABLE:
            raise _NotDeliveredError from error
        raise
    except BaseException:
        upstream.close()
        raise
    if upstream.is_reusable and request.body.is_complete:
        instance.idle_connections.append(upstream)
    else:
        upstream.close()
    return code


async def _carry(upstream: Upstream, request: Request, reply: Reply, head: bytes) -> int:
    """Send head and body, the body while the answer may already be coming."""
    is_head = request.method == b"HEAD"
    if request.body.is_complete:
        return await upstream.begin(
            head + _framed(request, request.body.take(), is_last=True), reply, is_head=is_head
        )
    answered = upstream.begin(head, reply, is_head=is_head)
    pump = asyncio.create_task(_send_body(upstream, request))
    try:
        return await answered
    finally:
        if not pump.done():
            upstream.close()  # the instance would read the rest of the body as its next request
        pump.cancel()


async def _send_body(upstream: Upstream, request: Request) -> None:
    while chunk := await request.body.read():
        upstream.write(_framed(request, chunk, is_last=False))
        await upstream.drain()
    upstream.write(_framed(request, b"", is_last=True))


def _framed(request: Request, chunk: bytes, *, is_last: bool) -> bytes:
    """A piece of the body in the framing that the request came with."""
    if not request.is_chunked:
        return chunk
    framed = b"%x\r\n%s\r\n" % (len(chunk), chunk) if chunk else b""
    return framed + (b"0\r\n\r\n" if is_last else b"")


def _idle_connection(instance: Instance) -> Upstream | None:
    """Take a connection that carries no request out of the instance's pool."""
    while instance.idle_connections:
        connection = instance.idle_connections.pop()
        if isinstance(connection, Upstream) and connection.is_reusable:
            return connection
        connection.close()
    return None
