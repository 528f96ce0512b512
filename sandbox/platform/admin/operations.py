"""Long-running operations: opened by a write, finished by the reconciliation, awaited by clients."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from typing import Any

from google.longrunning import operations_pb2

from sandbox.platform.admin.names import Location
from sandbox.platform.api_errors import ApiError, not_emulated, not_found
from sandbox.platform.requests import page

KEPT = 5000
"""Operations remembered; beyond it the oldest finished ones are forgotten."""

DEFAULT_WAIT_S = 30.0


class Operations:
    """The operations of one location."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._operations: dict[str, operations_pb2.Operation] = {}
        self._finished: dict[str, asyncio.Event] = {}

    def open(self, metadata: Any) -> operations_pb2.Operation:
        """Remember and return a new operation in progress; `metadata` is the resource as it is now."""
        operation = self._new(metadata)
        self._operations[operation.name] = operation
        self._finished[operation.name] = asyncio.Event()
        self._forget_oldest()
        return operation

    def dry(self, resource: Any) -> operations_pb2.Operation:
        """Return the finished operation that answers a validate-only request; nothing remembers it."""
        operation = self._new(resource)
        operation.done = True
        operation.response.Pack(resource)
        return operation

    def finish(self, name: str, resource: Any, failure: ApiError | None = None) -> None:
        """Finish an operation with the resource as it is now, or with the reason of its failure."""
        operation = self._operations.get(name)
        if operation is None or operation.done:
            return
        operation.metadata.Pack(resource)
        if failure is None:
            operation.response.Pack(resource)
        else:
            operation.error.CopyFrom(failure.status())
        operation.done = True
        self._finished[name].set()

    def get_operation(self, request: Any, _caller: str) -> operations_pb2.Operation:
        """Return an operation; raise ApiError NOT_FOUND."""
        operation = self._operations.get(request.name)
        if operation is None:
            raise not_found("OPERATION", request.name)
        return operation

    async def wait_operation(self, request: Any, caller: str) -> operations_pb2.Operation:
        """Return an operation once it is done or the request's timeout is over; raise ApiError."""
        operation = self.get_operation(request, caller)
        timeout = request.timeout.seconds + request.timeout.nanos / 1e9 or DEFAULT_WAIT_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._finished[request.name].wait(), timeout)
        return operation

    def list_operations(self, request: Any, _caller: str) -> operations_pb2.ListOperationsResponse:
        """Return a page of the location's operations, oldest first; raise ApiError."""
        self._location.require(request.name.removesuffix("/operations"), "name")
        if request.filter:
            raise not_emulated("A filter of operations")
        found, token = page(list(self._operations.values()), request)
        return operations_pb2.ListOperationsResponse(operations=found, next_page_token=token)

    def _new(self, metadata: Any) -> operations_pb2.Operation:
        operation = operations_pb2.Operation(name=f"{self._location.parent}/operations/{uuid.uuid4()}")
        operation.metadata.Pack(metadata)
        return operation

    def _forget_oldest(self) -> None:
        surplus = len(self._operations) - KEPT
        finished = [name for name, operation in self._operations.items() if operation.done]
        for name in finished[: max(surplus, 0)]:
            del self._operations[name]
            del self._finished[name]
