"""A tiny Cloud Run Admin API over real gRPC: one service, scripted troubles, every request kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc
from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.longrunning import operations_pb2
from google.rpc import error_details_pb2, status_pb2

PARENT = "projects/p/locations/r"
NAME = f"{PARENT}/services/isectech-a-sandbox"
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
SUCCEEDED = run_v2.Condition.State.CONDITION_SUCCEEDED
FAILED = run_v2.Condition.State.CONDITION_FAILED


def tiny_service() -> Any:
    """Return a service whose second revision serves and is named by the template, with two tags."""
    split = [
        {"type_": LATEST, "percent": 100},
        {"type_": REVISION, "revision": "a-00001", "tag": "stable"},
        {"type_": LATEST, "tag": "next"},
    ]
    return run_v2.Service(
        name=NAME,
        uri="https://a.run.test",
        etag='"1"',
        template={"revision": "a-00002", "containers": [{"image": "registry.test/a:2"}]},
        latest_ready_revision=f"{NAME}/revisions/a-00002",
        latest_created_revision=f"{NAME}/revisions/a-00003",
        terminal_condition={"type_": "Ready", "state": SUCCEEDED},
        traffic=split,
        traffic_statuses=split,
    )


@dataclass(frozen=True)
class Trouble:
    """One scripted refusal; with `is_applied` the write happens all the same."""

    code: grpc.StatusCode
    message: str = "scripted"
    is_applied: bool = False
    retry_after_s: int = 0


@dataclass
class TinyRun:
    """The service's message, what was asked, and the troubles to come, per method.

    `operation_error` ends operations with that code; `is_moved_despite` applies the list all the same.
    `slow_waits` is how many long polls end before the operation does, each calling `on_wait`. `busy_reads` is
    how many reads after a write still say that the service reconciles. `foreign_list` is what somebody else
    writes right after our write.
    """

    service: Any = field(default_factory=tiny_service)
    revisions: list[Any] = field(default_factory=list)
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    requests: list[tuple[str, Any]] = field(default_factory=list)
    operation_error: int = 0
    is_moved_despite: bool = False
    slow_waits: int = 0
    on_wait: Callable[[], None] = lambda: None
    busy_reads: int = 0
    foreign_list: list[Any] = field(default_factory=list)
    invokers: list[str] = field(default_factory=lambda: ["allUsers"])
    given: dict[str, Any] = field(default_factory=dict)
    """Revisions by short name that are answered as they are; any other is a tiny one."""

    def command(self, method: str) -> list[Any]:
        """Return the requests of one method."""
        return [request for name, request in self.requests if name == method]

    def get_service(self, _request: Any, _context: Any) -> Any:
        """Answer with the service."""
        answer = run_v2.Service(self.service)
        if self.busy_reads and self.command("UpdateService"):
            self.busy_reads -= 1
            answer.reconciling = True
        return answer

    def get_iam_policy(self, _request: Any, _context: Any) -> Any:
        """Answer who may invoke the service."""
        binding = policy_pb2.Binding(role="roles/run.invoker", members=self.invokers)
        return policy_pb2.Policy(bindings=[binding])

    def list_revisions(self, request: Any, _context: Any) -> Any:
        """Answer two revisions a page."""
        start = int(request.page_token or 0)
        page = self.revisions[start : start + 2]
        more = str(start + 2) if start + 2 < len(self.revisions) else ""
        return run_v2.ListRevisionsResponse(revisions=page, next_page_token=more)

    def get_revision(self, request: Any, _context: Any) -> Any:
        """Answer with a revision of that name."""
        name = request.name.rpartition("/")[2]
        return self.given.get(name) or tiny_revision(name, 1)

    def update_service(self, request: Any, context: Any) -> Any:
        """Accept the list if the etag is right; the operation is still running."""
        if request.service.etag != self.service.etag:
            context.abort(grpc.StatusCode.ABORTED, "stale etag")
        self._apply(request)
        self.service.traffic = self.foreign_list or self.service.traffic
        return operations_pb2.Operation(name=f"{PARENT}/operations/1")

    def wait_operation(self, request: Any, _context: Any) -> Any:
        """Answer how the operation ended; a slow one is not done at the first poll."""
        self.on_wait()
        operation = operations_pb2.Operation(name=request.name, done=True)
        if len(self.command("WaitOperation")) <= self.slow_waits:
            operation.done = False
        elif self.operation_error:
            operation.error.code = self.operation_error
            operation.error.message = "revision is not ready"
        else:
            operation.response.Pack(run_v2.Service.pb(self.service))
        return operation

    def _apply(self, request: Any) -> None:
        self.service.traffic = request.service.traffic
        self.service.etag = f'"{len(self.requests)}"'
        if not self.operation_error or self.is_moved_despite:
            self.service.traffic_statuses = [
                run_v2.TrafficTargetStatus(type_=t.type_, revision=t.revision, percent=t.percent, tag=t.tag)
                for t in request.service.traffic
            ]

    def _trip(self, method: str, request: Any, context: Any) -> None:
        if not self.troubles.get(method):
            return
        trouble = self.troubles[method].pop(0)
        if trouble.is_applied:
            self._apply(request)
        if trouble.retry_after_s:
            detail = error_details_pb2.RetryInfo()
            detail.retry_delay.seconds = trouble.retry_after_s
            status = status_pb2.Status(code=trouble.code.value[0], message=trouble.message)
            status.details.add().Pack(detail)
            context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(trouble.code, trouble.message)

    def handler(self, method: str, answer: Callable[[Any, Any], Any], decode: Any) -> Any:
        """Return a gRPC handler that keeps the request, minds the script, and answers."""

        def handle(request: Any, context: Any) -> Any:
            self.requests.append((method, request))
            self._trip(method, request, context)
            return answer(request, context)

        return grpc.unary_unary_rpc_method_handler(
            handle, request_deserializer=decode, response_serializer=_encode
        )


def _encode(message: Any) -> bytes:
    return bytes(
        type(message).serialize(message) if hasattr(type(message), "pb") else message.SerializeToString()
    )


def tiny_revision(name: str, hour: int, **more: Any) -> Any:
    """Return a ready revision that was created at that hour."""
    values = {
        "image": f"registry.test/a@sha256:{name}",
        "conditions": [{"type_": "Ready", "state": SUCCEEDED}],
        **more,
    }
    return run_v2.Revision(
        name=f"{NAME}/revisions/{name}",
        create_time=datetime(2025, 1, 1, hour, tzinfo=UTC),
        containers=[{"image": values["image"]}],
        conditions=values["conditions"],
    )


@contextmanager
def serving(run: TinyRun) -> Iterator[str]:
    """Serve on loopback and yield host:port."""
    handlers = {
        "google.cloud.run.v2.Services": {
            "GetService": run.handler("GetService", run.get_service, run_v2.GetServiceRequest.deserialize),
            "UpdateService": run.handler(
                "UpdateService", run.update_service, run_v2.UpdateServiceRequest.deserialize
            ),
            "GetIamPolicy": run.handler(
                "GetIamPolicy", run.get_iam_policy, iam_policy_pb2.GetIamPolicyRequest.FromString
            ),
        },
        "google.cloud.run.v2.Revisions": {
            "ListRevisions": run.handler(
                "ListRevisions", run.list_revisions, run_v2.ListRevisionsRequest.deserialize
            ),
            "GetRevision": run.handler(
                "GetRevision", run.get_revision, run_v2.GetRevisionRequest.deserialize
            ),
        },
        "google.longrunning.Operations": {
            "WaitOperation": run.handler(
                "WaitOperation", run.wait_operation, operations_pb2.WaitOperationRequest.FromString
            ),
        },
    }
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers(
        tuple(grpc.method_handlers_generic_handler(name, methods) for name, methods in handlers.items())
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()
