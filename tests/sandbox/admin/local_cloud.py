"""A served control plane over a fake data plane, and the real client library pointed at it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

from google.cloud import run_v2
from google.longrunning import operations_pb2
from google.protobuf import duration_pb2, field_mask_pb2
from starlette.routing import BaseRoute

from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.server import RunningControlPlane, serve
from sandbox.platform.contract import KnobBoard, Knobs
from tests.sandbox.support.fake_data_plane import FakeDataPlane

import grpc  # isort: skip - the sandbox quietens gRPC before its first import

PROJECT = "demo-project"
REGION = "us-central1"
PARENT = f"projects/{PROJECT}/locations/{REGION}"
LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION

Result = TypeVar("Result")


def template(image: str = "img:1", **fields: Any) -> run_v2.RevisionTemplate:
    """Return a template with one container."""
    return run_v2.RevisionTemplate(containers=[run_v2.Container(image=image)], **fields)


def pinned(revision: str, percent: int = 100, tag: str = "") -> run_v2.TrafficTarget:
    """Return a traffic target of one revision by its short name."""
    return run_v2.TrafficTarget(type_=REVISION, revision=revision, percent=percent, tag=tag)


def floating(percent: int = 100, tag: str = "") -> run_v2.TrafficTarget:
    """Return a traffic target of the latest ready revision."""
    return run_v2.TrafficTarget(type_=LATEST, percent=percent, tag=tag)


def short(name: str) -> str:
    """Return the last part of a resource name."""
    return name.rpartition("/")[2]


class LocalCloud:
    """The control plane on a thread of its own, so that blocking clients can be used against it."""

    def __init__(
        self, running: RunningControlPlane, plane: FakeDataPlane, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.running = running
        self.plane = plane
        self._loop = loop
        self.channel = grpc.insecure_channel(self.address)
        self.services = run_v2.ServicesClient(
            transport=run_v2.ServicesClient.get_transport_class("grpc")(channel=self.channel)
        )
        self.revisions = run_v2.RevisionsClient(
            transport=run_v2.RevisionsClient.get_transport_class("grpc")(channel=self.channel)
        )

    @property
    def address(self) -> str:
        """Where gRPC is served."""
        return f"127.0.0.1:{self.running.grpc_port}"

    @property
    def rest(self) -> str:
        """Base URL of the REST port."""
        return f"http://127.0.0.1:{self.running.rest_port}"

    def turn(self, **knobs: object) -> None:
        """Change knobs."""
        self.inside(lambda: self.running.control.knobs.change(knobs))

    def inside(self, work: Callable[[], Result]) -> Result:
        """Run a function inside the control plane's loop."""

        async def call() -> Result:
            return work()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(10)

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait up to ten seconds for something that the control plane does by itself."""
        pause = threading.Event()
        for _ in range(1000):
            if happened():
                return
            pause.wait(0.01)
        raise AssertionError("what was waited for never happened")

    # ---- the client library, shortened

    def begin_create(
        self, service: str, body: run_v2.Service | None = None, *, validate_only: bool = False
    ) -> str:
        """Begin to create a service and return the operation's name."""
        request = run_v2.CreateServiceRequest(
            parent=PARENT,
            service_id=service,
            service=run_v2.Service(template=template()) if body is None else body,
            validate_only=validate_only,
        )
        return self._name(self.services.create_service(request=request))

    def create(self, service: str = "svc", body: run_v2.Service | None = None) -> run_v2.Service:
        """Create a service and return it once the operation succeeded."""
        self.succeed(self.begin_create(service, body))
        return self.get(service)

    def begin_update(self, service: str, paths: Sequence[str], etag: str = "", **fields: Any) -> str:
        """Begin to update the masked fields of a service and return the operation's name."""
        request = run_v2.UpdateServiceRequest(
            service=run_v2.Service(name=f"{PARENT}/services/{service}", etag=etag, **fields),
            update_mask=field_mask_pb2.FieldMask(paths=paths),
        )
        return self._name(self.services.update_service(request=request))

    def update(self, service: str, *paths: str, etag: str = "", **fields: Any) -> run_v2.Service:
        """Update the masked fields and return the service once the operation succeeded."""
        self.succeed(self.begin_update(service, paths, etag, **fields))
        return self.get(service)

    def deploy(self, image: str, service: str = "svc") -> str:
        """Deploy another image and return the short name of its revision."""
        return short(self.update(service, "template", template=template(image)).latest_created_revision)

    def shift(self, *targets: run_v2.TrafficTarget, service: str = "svc", etag: str = "") -> run_v2.Service:
        """Replace the traffic list."""
        return self.update(service, "traffic", traffic=targets, etag=etag)

    def get(self, service: str = "svc") -> run_v2.Service:
        """Read a service."""
        return self.services.get_service(name=f"{PARENT}/services/{service}")

    def revision_names(self, service: str = "svc") -> list[str]:
        """Return the short names of a service's revisions, newest first."""
        return [
            short(one.name) for one in self.revisions.list_revisions(parent=f"{PARENT}/services/{service}")
        ]

    def wait(self, operation: str) -> operations_pb2.Operation:
        """Wait for an operation to be done, whatever its result."""
        request = operations_pb2.WaitOperationRequest(
            name=operation, timeout=duration_pb2.Duration(seconds=20)
        )
        answer = self.services.wait_operation(request)
        found = operations_pb2.Operation.FromString(answer) if isinstance(answer, bytes) else answer
        assert found.done
        return found

    def succeed(self, operation: str) -> None:
        """Wait for an operation and insist on its success."""
        done = self.wait(operation)
        assert not done.HasField("error"), done.error

    @staticmethod
    def _name(operation: Any) -> str:
        return str(operation.operation.name)


@contextlib.contextmanager
def local_cloud(knobs: Knobs | None = None, routes: Sequence[BaseRoute] = ()) -> Iterator[LocalCloud]:
    """Serve a control plane, and further routes on its REST port, until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="control-plane")
    thread.start()

    def inside(work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, loop).result(20)

    plane = FakeDataPlane()
    board = KnobBoard(knobs or Knobs(operation_latency_s=0.001))
    running = inside(serve(ControlPlane(plane, board, PROJECT, REGION), extra_routes=routes))
    cloud = LocalCloud(running, plane, loop)
    try:
        yield cloud
    finally:
        cloud.channel.close()
        inside(running.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
