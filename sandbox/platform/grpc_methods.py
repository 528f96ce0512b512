"""Methods of Google's APIs as tables, and one plaintext gRPC server that answers for them on loopback."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
import grpc.aio

from sandbox.platform.api_errors import ApiError
from sandbox.platform.permissions import Refuse, permission_of

CALLER_KEY = "x-sandbox-principal"
"""Request metadata that names the caller; the sandbox has no credentials to read it from."""

DEFAULT_CALLER = "developer@sandbox.test"
"""The caller of a request that names none; the sandbox checks no credentials."""

DETAILS_KEY = "grpc-status-details-bin"

Handler = Callable[[Any, str], Any]
"""Takes the raw protobuf request and the caller; returns the raw protobuf answer, or an awaitable of it."""

Methods = Mapping[str, tuple[Any, Handler]]
"""Per method of one gRPC service: the raw protobuf class of its request, and its handler."""

_STATUS = {code.value[0]: code for code in grpc.StatusCode}


@dataclass(frozen=True, slots=True)
class GrpcServer:
    """A running server; `port` is where it listens on 127.0.0.1."""

    port: int
    _server: grpc.aio.Server

    async def close(self) -> None:
        await self._server.stop(0)


async def serve_grpc(
    tables: Mapping[str, Methods], *, port: int = 0, refuse: Refuse = lambda _permission: None
) -> GrpcServer:
    """Answer the methods of each service until the result is closed; all others get UNIMPLEMENTED.

    `refuse` is asked before each call, about the permission that it needs.

    Raises:
        OSError: the port is taken.
    """
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    for service, table in tables.items():
        handlers = {
            name: _method_handler(request, handler, partial(refuse, permission_of(service, name, tables)))
            for name, (request, handler) in table.items()
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    try:
        chosen = server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise OSError(f"port {port} is taken: {error}") from error
    await server.start()
    return GrpcServer(chosen, server)


def _method_handler(request_type: Any, handler: Handler, refuse: Callable[[], None]) -> Any:
    async def answer(request: Any, context: Any) -> Any:
        metadata = dict(context.invocation_metadata())
        try:
            refuse()
            found: Any | Awaitable[Any] = handler(request, str(metadata.get(CALLER_KEY, DEFAULT_CALLER)))
            return await found if inspect.isawaitable(found) else found
        except ApiError as error:
            context.set_trailing_metadata(((DETAILS_KEY, error.status().SerializeToString()),))
            await context.abort(_STATUS[int(error.code)], error.message)

    return grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=request_type.FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )
