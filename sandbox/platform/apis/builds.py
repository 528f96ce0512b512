"""Cloud Build: builds whose steps are gcloud commands that move traffic; any other step fails the build.

https://cloud.google.com/build/docs/build-config-file-schema
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Any, Final

from google.cloud import run_v2
from google.cloud.devtools import cloudbuild_v1
from google.longrunning import operations_pb2
from google.protobuf import field_mask_pb2

from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.messages import now
from sandbox.platform.api_errors import ApiError, Code, not_found
from sandbox.platform.grpc_methods import Methods

SERVICE: Final = "google.devtools.cloudbuild.v1.CloudBuild"
OPERATIONS: Final = "google.longrunning.Operations"
_STATUS: Final = cloudbuild_v1.Build.Status
_COMMAND: Final = ["run", "services", "update-traffic"]
_TO: Final = "--to-revisions="
_WAIT_S: Final = 60.0


class CloudBuild:
    """The calls of the API, and of the operations that its builds are."""

    def __init__(self, control: ControlPlane) -> None:
        self._control = control
        self._builds: dict[str, Any] = {}
        self._operations: dict[str, operations_pb2.Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def tables(self) -> dict[str, Methods]:
        api = cloudbuild_v1
        return {
            SERVICE: {
                "CreateBuild": (api.CreateBuildRequest.pb(), self.create_build),
                "GetBuild": (api.GetBuildRequest.pb(), self.get_build),
            },
            OPERATIONS: {"GetOperation": (operations_pb2.GetOperationRequest, self.get_operation)},
        }

    def create_build(self, request: Any, caller: str) -> operations_pb2.Operation:
        """Begin a build and return its operation; raise ApiError for a build without steps."""
        if not request.build.steps:
            raise ApiError(Code.INVALID_ARGUMENT, "A build needs at least one step.")
        build = cloudbuild_v1.Build.pb()()
        build.CopyFrom(request.build)
        build.id, build.project_id = str(uuid.uuid4()), self._control.location.project
        build.status = _STATUS.QUEUED.value
        build.create_time.CopyFrom(now())
        operation = operations_pb2.Operation(name=f"operations/build/{build.project_id}/{build.id}")
        self._builds[build.id], self._operations[operation.name] = build, operation
        self._report(build, operation)
        task = asyncio.create_task(self._run(build, operation, caller))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return operation

    def get_build(self, request: Any, _caller: str) -> Any:
        number = request.id or request.name.rpartition("/")[2]
        if number not in self._builds:
            raise not_found("BUILD", number)
        return self._builds[number]

    def get_operation(self, request: Any, _caller: str) -> operations_pb2.Operation:
        if request.name not in self._operations:
            raise not_found("OPERATION", request.name)
        return self._operations[request.name]

    async def _run(self, build: Any, operation: operations_pb2.Operation, caller: str) -> None:
        build.status = _STATUS.WORKING.value
        build.start_time.CopyFrom(now())
        for step in build.steps:
            try:
                await self._step([*step.args], caller)
            except ApiError as error:
                step.status = _STATUS.FAILURE.value
                build.status, build.status_detail = _STATUS.FAILURE.value, error.message
                operation.error.CopyFrom(error.status())
                break
            step.status = _STATUS.SUCCESS.value
        else:
            build.status = _STATUS.SUCCESS.value
            operation.response.Pack(build)
        build.finish_time.CopyFrom(now())
        operation.done = True
        self._report(build, operation)

    async def _step(self, args: list[str], caller: str) -> None:
        """Run one command; raise ApiError when it is unknown or fails."""
        target = next((arg for arg in args if arg.startswith(_TO)), "").removeprefix(_TO)
        if args[:3] != _COMMAND or not target:
            raise ApiError(Code.INVALID_ARGUMENT, f"This sandbox cannot run the step: {' '.join(args)}")
        revision, _, percent = target.partition("=")
        name = self._control.location.service_name(args[3])
        before = self._control.services.get_service(run_v2.GetServiceRequest.pb()(name=name), caller)
        update = run_v2.UpdateServiceRequest.pb()(
            service=run_v2.Service.pb()(
                name=name,
                traffic=[
                    run_v2.TrafficTarget.pb()(type_=2, revision=revision, percent=int(percent or 100)),
                    *(_only_tag(kept) for kept in before.traffic if kept.tag),
                ],
            ),
            update_mask=field_mask_pb2.FieldMask(paths=["traffic"]),
        )
        started = self._control.services.update_service(update, caller)
        wait = operations_pb2.WaitOperationRequest(name=started.name)
        wait.timeout.FromSeconds(int(_WAIT_S))
        ended = await self._control.operations.wait_operation(wait, caller)
        if not ended.done or ended.HasField("error"):
            raise ApiError(
                Code.FAILED_PRECONDITION, ended.error.message or "The traffic did not move in time."
            )

    def _report(self, build: Any, operation: operations_pb2.Operation) -> None:
        operation.metadata.Pack(cloudbuild_v1.BuildOperationMetadata.pb()(build=build))


def _only_tag(target: Any) -> Any:
    """Return a tag without its traffic: gcloud keeps every tag where it points."""
    kept = run_v2.TrafficTarget.pb()()
    kept.CopyFrom(target)
    kept.percent = 0
    return kept
