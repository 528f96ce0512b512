"""One plaintext gRPC server for all of Google's other APIs: their full service names keep them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import grpc.aio

from sandbox.platform.grpc_methods import Methods, add_methods

_HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ApisServer:
    """A running server; `port` is where it listens on 127.0.0.1."""

    port: int
    _server: grpc.aio.Server

    async def close(self) -> None:
        """Stop answering."""
        await self._server.stop(0)


async def serve_apis(tables: Mapping[str, Methods], *, port: int = 0) -> ApisServer:
    """Serve the methods in `tables` until the result is closed.

    Raises:
        RuntimeError: the port is taken.
    """
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add_methods(server, tables)
    chosen = server.add_insecure_port(f"{_HOST}:{port}")
    await server.start()
    return ApisServer(chosen, server)
