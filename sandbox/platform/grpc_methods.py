"""Methods of an API as a table, and the gRPC handlers that answer for them."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
import grpc.aio

from sandbox.platform.api_errors import ApiError

CALLER_KEY = "x-sandbox-principal"
"""Request metadata that says who asks; there are no credentials to read it from."""

DEFAULT_CALLER = "developer@sandbox.test"
"""Who writes when a request does not say; the sandbox checks no credentials."""

DETAILS_KEY = "grpc-status-details-bin"

Handler = Callable[[Any, str], Any]
"""Takes the raw protobuf request and the caller; returns the raw protobuf answer, or an awaitable of it."""

Methods = Mapping[str, tuple[Any, Handler]]
"""Per method of one gRPC service: the raw protobuf class of its request, and its handler."""

_STATUS = {code.value[0]: code for code in grpc.StatusCode}


def add_methods(server: grpc.aio.Server, tables: Mapping[str, Methods]) -> None:
    """Let `server` answer the listed methods; gRPC itself answers UNIMPLEMENTED to all others."""
    for service, table in tables.items():
        handlers = {name: _method_handler(request, handler) for name, (request, handler) in table.items()}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))


def _method_handler(request_type: Any, handler: Handler) -> Any:
    async def answer(request: Any, context: Any) -> Any:
        metadata = dict(context.invocation_metadata())
        try:
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
