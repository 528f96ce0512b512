"""Starts both fronts of a control plane in the running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.grpc_front import methods
from sandbox.platform.admin.rest_front import build_app
from sandbox.platform.grpc_methods import GrpcServer, serve_grpc
from sandbox.platform.permissions import refusing

HOST = "127.0.0.1"


class _QuietServer(uvicorn.Server):
    """A uvicorn server that leaves the signals to the process that it runs in."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class RestServer:
    """A running server of REST routes; `port` is where it listens on 127.0.0.1."""

    port: int
    _server: uvicorn.Server
    _task: asyncio.Task[None]

    async def close(self) -> None:
        self._server.should_exit = True
        await self._task


async def serve_rest(app: Starlette, *, port: int = 0) -> RestServer:
    """Serve an app on loopback until the result is closed.

    Raises:
        OSError: the port is taken.
    """
    listener = socket.create_server((HOST, port))
    server = _QuietServer(
        uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if task.done():
            await task
            raise OSError(f"the REST front on port {port} ended before it listened")
        await asyncio.sleep(0.005)
    return RestServer(listener.getsockname()[1], server, task)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningControlPlane:
    """Both fronts, listening on loopback."""

    control: ControlPlane
    _grpc: GrpcServer
    _rest: RestServer

    @property
    def grpc_port(self) -> int:
        return self._grpc.port

    @property
    def rest_port(self) -> int:
        return self._rest.port

    async def close(self) -> None:
        await self._rest.close()
        await self._grpc.close()
        await self.control.close()


async def serve(
    control: ControlPlane,
    *,
    grpc_port: int = 0,
    rest_port: int = 0,
    extra_routes: Sequence[BaseRoute] = (),
) -> RunningControlPlane:
    """Serve a control plane on loopback until the result is closed.

    Args:
        control: The control plane; must be driven by this loop alone.
        grpc_port: Port of google.cloud.run.v2; 0 takes a free one.
        rest_port: Port of Knative v1 and of the sandbox's own endpoints; 0 takes a free one.
        extra_routes: More Starlette routes for the REST port.

    Raises:
        OSError: a port is taken.
    """
    rest = await serve_rest(build_app(control, extra_routes), port=rest_port)
    try:
        grpc_server = await serve_grpc(methods(control), port=grpc_port, refuse=refusing(control.knobs))
    except OSError:
        await rest.close()
        raise
    return RunningControlPlane(control=control, _grpc=grpc_server, _rest=rest)
