"""A gRPC server on loopback that passes every call on to another one, with scripted troubles on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2


@dataclass(frozen=True)
class Hitch:
    """One trouble of one call.

    `before` happens before anything else. `code` is what the caller gets, after the call was passed on when
    `is_passed_on`; None lets the real answer through. `retry_after_s` is the pause that the refusal asks for.
    """

    code: grpc.StatusCode | None = None
    is_passed_on: bool = False
    retry_after_s: int = 0
    before: Callable[[], object] = lambda: None


@dataclass
class Way:
    """What lies between a client and the server; `hitches` are taken one a call, by the method's name."""

    hitches: dict[str, list[Hitch]] = field(default_factory=dict)


_METHODS = {
    "google.cloud.run.v2.Services": ("GetService", "UpdateService"),
    "google.cloud.run.v2.Revisions": ("GetRevision", "ListRevisions"),
    "google.longrunning.Operations": ("WaitOperation",),
}


def _passing_on(way: Way, target: grpc.Channel, path: str) -> Any:
    """Return a handler that passes one method's bytes on, whatever they are."""
    method = path.rpartition("/")[2]

    def handle(request: bytes, context: Any) -> bytes:
        hitches = way.hitches.get(method)
        hitch = hitches.pop(0) if hitches else Hitch()
        hitch.before()
        answer = b""
        if hitch.code is None or hitch.is_passed_on:
            answer = _call(target, path, request, context)
        if hitch.code is not None:
            _refuse(hitch, context)
        return answer

    return grpc.unary_unary_rpc_method_handler(handle)


def _call(target: grpc.Channel, path: str, request: bytes, context: Any) -> bytes:
    try:
        return bytes(target.unary_unary(path)(request, timeout=context.time_remaining()))
    except grpc.RpcError as error:
        context.set_trailing_metadata(error.trailing_metadata() or ())
        context.abort(error.code(), error.details())
        raise


def _refuse(hitch: Hitch, context: Any) -> None:
    assert hitch.code is not None
    if hitch.retry_after_s:
        detail = error_details_pb2.RetryInfo()
        detail.retry_delay.seconds = hitch.retry_after_s
        status = status_pb2.Status(code=hitch.code.value[0], message="scripted")
        status.details.add().Pack(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(hitch.code, "scripted")


@contextmanager
def troubled(way: Way, address: str) -> Iterator[str]:
    """Serve on loopback, pass on to `address`, and yield host:port."""
    with grpc.insecure_channel(address) as target:
        server = grpc.server(ThreadPoolExecutor(max_workers=8))
        server.add_generic_rpc_handlers(
            tuple(
                grpc.method_handlers_generic_handler(
                    name, {one: _passing_on(way, target, f"/{name}/{one}") for one in methods}
                )
                for name, methods in _METHODS.items()
            )
        )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(grace=None).wait()
