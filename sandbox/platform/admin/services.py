"""The Services service of the API: reads, and writes that begin a reconciliation."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from google.cloud import run_v2
from google.longrunning import operations_pb2

from sandbox.platform.admin import masks, scaling, validation
from sandbox.platform.admin.messages import (
    GENERAL_AVAILABILITY,
    RECONCILING,
    Revision,
    Service,
    condition,
    now,
)
from sandbox.platform.admin.names import SERVICE_ID, readable_version, short
from sandbox.platform.admin.reconcile import Reconciler
from sandbox.platform.admin.revisions import configuration, image_and_digest, is_addressed, new_revision
from sandbox.platform.admin.state import State
from sandbox.platform.api_errors import ApiError, Code, Violation, invalid
from sandbox.platform.contract import DataPlane, StartError
from sandbox.platform.requests import page


class Services:
    """Reads and writes of services; every write is checked, stored and answered without an await."""

    def __init__(self, state: State, data_plane: DataPlane, reconciler: Reconciler) -> None:
        self._state = state
        self._data_plane = data_plane
        self._reconciler = reconciler

    def get_service(self, request: Any, _caller: str) -> Service:
        self._state.location.require_service(request.name)
        return self._state.service(request.name)

    def list_services(self, request: Any, _caller: str) -> Any:
        self._state.location.require(request.parent)
        found, token = page(self.all_services(), request)
        return run_v2.ListServicesResponse.pb()(services=found, next_page_token=token)

    def all_services(self) -> Sequence[Service]:
        return sorted(self._state.services.values(), key=lambda service: str(service.name))

    def create_service(self, request: Any, caller: str) -> operations_pb2.Operation:
        """Create a service; raise ApiError INVALID_ARGUMENT, ALREADY_EXISTS, RESOURCE_EXHAUSTED."""
        self._state.quota.take()
        self._state.location.require(request.parent)
        if not SERVICE_ID.fullmatch(request.service_id):
            raise invalid([Violation("service_id", f"'{request.service_id}' is not a valid service name")])
        name = self._state.location.service_name(request.service_id)
        if name in self._state.services:
            raise ApiError(Code.ALREADY_EXISTS, f"Resource '{request.service_id}' already exists.")
        after = Service(name=name, uid=str(uuid.uuid4()), create_time=now(), creator=caller)
        masks.apply(request.service, after, ())
        after.uri = self._state.location.uri(request.service_id)
        after.urls.append(after.uri)
        return self._write(None, after, caller, is_dry=request.validate_only)

    def update_service(
        self, request: Any, caller: str, *, is_etag_binding: bool = False
    ) -> operations_pb2.Operation:
        """Replace what the mask names.

        Args:
            request: An UpdateServiceRequest.
            caller: The caller, who becomes the last modifier.
            is_etag_binding: Whether a stale etag is refused even where the knob says that etags are
                ignored, as with the v1 resource version.

        Raises:
            ApiError: INVALID_ARGUMENT, NOT_FOUND, ABORTED, ALREADY_EXISTS, RESOURCE_EXHAUSTED.
        """
        name = request.service.name
        self._state.location.require_service(name, "service.name")
        if request.allow_missing and name not in self._state.services:
            return self.create_service(_as_creation(request), caller)
        self._state.quota.take()
        before = self._state.service(name)
        self._refuse_deleted(before)
        if is_etag_binding or self._state.board.current.etag_mode == "enforced":
            _refuse_stale(before, request.service.etag)
        after = Service()
        after.CopyFrom(before)
        masks.apply(request.service, after, request.update_mask.paths)
        return self._write(before, after, caller, is_dry=request.validate_only)

    def delete_service(self, request: Any, caller: str) -> operations_pb2.Operation:
        """Begin the deletion of a service and all its revisions; raise ApiError."""
        self._state.quota.take()
        service = self.get_service(request, caller)
        self._refuse_deleted(service)
        _refuse_stale(service, request.etag)
        if request.validate_only:
            return self._state.operations.dry(service)
        service.generation += 1
        service.reconciling = True
        service.delete_time.CopyFrom(now())
        service.etag = self._state.versions.next_etag()
        operation = self._state.operations.open(service)
        self._reconciler.begin_deletion(service, operation.name)
        return _copy(operation)

    def _write(
        self, before: Service | None, after: Service, caller: str, *, is_dry: bool
    ) -> operations_pb2.Operation:
        after.ingress = after.ingress or 1
        after.launch_stage = after.launch_stage or GENERAL_AVAILABILITY
        scaling.settle(before, after)
        validation.check(before, after)
        after.generation += 1
        after.last_modifier = caller
        after.update_time.CopyFrom(now())
        after.etag = self._state.versions.next_etag()
        revision = self._revision_for(before, after)
        if revision is not None:
            after.latest_created_revision = revision.name
        if is_dry:
            return self._state.operations.dry(after)
        after.reconciling = True
        after.terminal_condition.CopyFrom(condition("Ready", RECONCILING))
        self._state.services[after.name] = after
        if revision is not None and revision.name not in self._state.revisions:
            self._state.add_revision(revision, configuration(after.template))
            self._prune(after)
        operation = self._state.operations.open(after)
        self._reconciler.begin(after, operation.name, revision)
        return _copy(operation)

    def _revision_for(self, before: Service | None, after: Service) -> Revision | None:
        """Return the revision that the write creates or names anew, None when the template says nothing new.

        Raises:
            ApiError: ALREADY_EXISTS when the wanted name belongs to another configuration.
        """
        wanted = configuration(after.template)
        renamed = before is not None and after.template.revision not in ("", before.template.revision)
        if before is not None and wanted == configuration(before.template) and not renamed:
            return None
        name = f"{after.name}/revisions/{after.template.revision}"
        if name not in self._state.revisions:
            return new_revision(after, self._digest_of(after), self._state.versions.next_etag())
        if self._state.configurations[name] != wanted:
            raise ApiError(
                Code.ALREADY_EXISTS,
                f"Revision named '{after.template.revision}' with different configuration already exists.",
            )
        return self._state.revisions[name]

    def _digest_of(self, service: Service) -> str:
        """Resolve the image as a deployment does; one that cannot be resolved fails in the reconciliation."""
        try:
            return self._data_plane.digest_of(image_and_digest(service.template.containers[0].image)[0])
        except StartError:
            return ""

    def _prune(self, service: Service) -> None:
        """Delete the oldest revisions beyond the limit that nothing refers to."""
        kept = self._state.revisions_of(service.name)
        surplus = max(len(kept) - self._state.board.current.revision_limit, 0)
        unreferenced = [one for one in reversed(kept) if not is_addressed(service, one)]
        for revision in unreferenced[:surplus]:
            self._state.forget_revision(revision.name)

    @staticmethod
    def _refuse_deleted(service: Service) -> None:
        if service.HasField("delete_time"):
            raise ApiError(Code.FAILED_PRECONDITION, f"Resource '{short(service.name)}' is being deleted.")


def _refuse_stale(service: Service, etag: str) -> None:
    if etag and etag != service.etag:
        raise ApiError(
            Code.ABORTED,
            f"Conflict for resource '{short(service.name)}': version '{readable_version(etag)}' was "
            f"specified but current version is '{readable_version(service.etag)}'.",
        )


def _as_creation(request: Any) -> Any:
    parent, _, service_id = request.service.name.partition("/services/")
    return run_v2.CreateServiceRequest.pb()(
        parent=parent, service_id=service_id, service=request.service, validate_only=request.validate_only
    )


def _copy(operation: operations_pb2.Operation) -> operations_pb2.Operation:
    """Return the operation as it is now: the stored one may be done before the answer is written."""
    copy = operations_pb2.Operation()
    copy.CopyFrom(operation)
    return copy
