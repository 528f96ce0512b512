"""Starts both fronts of a control plane in the running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import uvicorn
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningControlPlane:
    """Both fronts, listening on loopback."""

    control: ControlPlane
    grpc_port: int
    rest_port: int
    _grpc: GrpcServer
    _rest: uvicorn.Server
    _rest_task: asyncio.Task[None]

    async def close(self) -> None:
        self._rest.should_exit = True
        await self._rest_task
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
    listener = socket.create_server((HOST, rest_port))
    try:
        grpc_server = await serve_grpc(methods(control), port=grpc_port, refuse=refusing(control.knobs))
    except OSError:
        listener.close()
        raise
    rest = _QuietServer(
        uvicorn.Config(
            build_app(control, extra_routes),
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )
    task = asyncio.create_task(rest.serve(sockets=[listener]))
    while not rest.started:
        if task.done():
            await task
            raise OSError(f"the REST front on port {rest_port} ended before it listened")
        await asyncio.sleep(0.005)
    return RunningControlPlane(
        control=control,
        grpc_port=grpc_server.port,
        rest_port=listener.getsockname()[1],
        _grpc=grpc_server,
        _rest=rest,
        _rest_task=task,
    )
