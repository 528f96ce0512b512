"""The listeners of the sandbox: HTTPS and plain HTTP from the outside and the inside, and the inner mesh."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ssl
from collections.abc import AsyncIterator, Callable

from sandbox.platform.options import Ports
from sandbox.platform.router import Entrance, Router
from sandbox.platform.router_downstream import Connection, Handler, Reply
from sandbox.platform.router_http import RefusedError, Request, moved_permanently, split_host
from sandbox.platform.router_table import IngressOrigin, RoutingTable

OUTSIDE = "127.0.0.1"
INSIDE = "127.0.0.2"
_BACKLOG = 1024
_ATTEMPTS = 20


@contextlib.asynccontextmanager
async def open_front_door(
    router: Router,
    table: RoutingTable,
    context: ssl.SSLContext,
    ports: Ports,
    *,
    distance: Callable[[], float] = lambda: 0.0,
) -> AsyncIterator[Ports]:
    """Open all listeners; a port of 0 is chosen freely, and is the same outside and inside.

    `distance` says how many seconds a request is under way before it arrives; those of the mesh are here.

    Raises:
        OSError: a wanted port is taken.
    """
    async with contextlib.AsyncExitStack() as stack:
        outside = _from_afar(_forwarding(router, Entrance(IngressOrigin.OUTSIDE, "https")), distance)
        inside = _from_afar(_forwarding(router, Entrance(IngressOrigin.INSIDE, "https")), distance)
        mesh = _forwarding(router, Entrance(IngressOrigin.INSIDE, "http", is_mesh=True))
        https = await _listen_on_both(stack, (outside, inside), ports.https, context)
        redirect = _from_afar(_redirecting(router, table, https), distance)
        http = await _listen_on_both(stack, (redirect, redirect), ports.http, None)
        inner = await _listen(mesh, OUTSIDE, ports.mesh, None)
        stack.push_async_callback(_close, inner)
        yield Ports(https=https, http=http, mesh=_port(inner))


def _forwarding(router: Router, entrance: Entrance) -> Handler:
    async def handle(request: Request, reply: Reply) -> None:
        await router.handle(request, reply, entrance)

    return handle


def _from_afar(handler: Handler, distance: Callable[[], float]) -> Handler:
    """Let requests arrive late, each for itself: waiting costs no processor and holds up no other request."""

    async def handle(request: Request, reply: Reply) -> None:
        if (seconds := distance()) > 0:
            await asyncio.sleep(seconds)
        await handler(request, reply)

    return handle


def _redirecting(router: Router, table: RoutingTable, https_port: int) -> Handler:
    async def handle(request: Request, reply: Reply) -> None:
        if table.is_plain_allowed:
            await router.handle(request, reply, Entrance(IngressOrigin.OUTSIDE, "http"))
            return
        request.keeps_alive = False
        if not table.knows(request.host):
            reply.refuse(RefusedError(404, f"There is no service at {request.host or 'an unnamed host'}."))
            return
        given = next((value for name, value in request.headers if name.lower() == b"host"), b"")
        port = f":{https_port}" if split_host(given)[1] not in ("", "80") else ""
        reply.send(moved_permanently(f"https://{request.host}{port}{request.target.decode('latin-1')}"))

    return handle


async def _listen_on_both(
    stack: contextlib.AsyncExitStack,
    handlers: tuple[Handler, Handler],
    port: int,
    context: ssl.SSLContext | None,
) -> int:
    """Open the same port on both addresses; a free one is found by trying."""
    for attempt in range(1, _ATTEMPTS + 1):
        outside = await _listen(handlers[0], OUTSIDE, port, context)
        try:
            inside = await _listen(handlers[1], INSIDE, _port(outside), context)
        except OSError as error:
            await _close(outside)
            if port or error.errno != errno.EADDRINUSE or attempt == _ATTEMPTS:
                raise
            continue
        stack.push_async_callback(_close, outside)
        stack.push_async_callback(_close, inside)
        return _port(outside)
    raise OSError(errno.EADDRINUSE, "no port is free on both addresses")


async def _listen(
    handler: Handler, address: str, port: int, context: ssl.SSLContext | None
) -> asyncio.Server:
    factory: Callable[[], Connection] = lambda: Connection(handler)  # noqa: E731 - a protocol factory is a call
    loop = asyncio.get_running_loop()
    return await loop.create_server(factory, address, port, ssl=context, backlog=_BACKLOG)


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def _close(server: asyncio.Server) -> None:
    server.close()
