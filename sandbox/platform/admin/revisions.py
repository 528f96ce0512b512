"""Revisions: made from a template, marked ready or failed, listed, deleted, described to the data plane."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from google.cloud import run_v2
from google.longrunning import operations_pb2

from sandbox.platform.admin.messages import (
    FAILED,
    RECONCILING,
    REVISION,
    SUCCEEDED,
    Condition,
    Probe,
    Revision,
    Service,
    Template,
    condition,
    now,
)
from sandbox.platform.admin.names import service_of, short
from sandbox.platform.admin.state import State
from sandbox.platform.api_errors import ApiError, Code
from sandbox.platform.contract import Probe as ProbeSpec
from sandbox.platform.contract import ReadSecret, RevisionSpec
from sandbox.platform.requests import page

DEFAULT_CONCURRENCY = 80
DEFAULT_TIMEOUT_S = 300
CONTAINER_FAILED = run_v2.Condition.RevisionReason.HEALTH_CHECK_CONTAINER_ERROR.value
SHARED_FIELDS = (
    "labels", "annotations", "containers", "volumes", "service_account", "session_affinity",
    "execution_environment", "vpc_access", "encryption_key",
)  # fmt: skip
"""Fields that a revision takes over from its template as they are."""


def configuration(template: Template) -> bytes:
    """Return what two templates must have in common to be the same configuration: all but the name."""
    nameless = Template()
    nameless.CopyFrom(template)
    nameless.ClearField("revision")
    serialized: bytes = nameless.SerializeToString(deterministic=True)
    return serialized


def new_revision(service: Service, digest: str, etag: str) -> Revision:
    """Return the revision that the service's template asks for, not yet ready.

    Args:
        service: The service after the write that creates the revision.
        digest: What its image resolved to; empty when it did not.
        etag: The revision's first etag.
    """
    template, service_id = service.template, short(service.name)
    generated = f"{service_id[:53]}-{service.generation:05d}-{secrets.token_hex(2)[:3]}"
    revision = Revision(
        name=f"{service.name}/revisions/{template.revision or generated}",
        uid=str(uuid.uuid4()),
        generation=1,
        service=service_id,
        launch_stage=service.launch_stage,
        creator=service.last_modifier,
        reconciling=True,
        etag=etag,
        max_instance_request_concurrency=template.max_instance_request_concurrency or DEFAULT_CONCURRENCY,
        scaling=template.scaling,
        create_time=now(),
        update_time=now(),
    )
    revision.MergeFrom(
        Revision(**{field: getattr(template, field) for field in SHARED_FIELDS if is_set(template, field)})
    )
    revision.timeout.seconds = template.timeout.seconds or DEFAULT_TIMEOUT_S
    reference, wanted = image_and_digest(revision.containers[0].image)
    if digest and not wanted:
        revision.containers[0].image = f"{reference}@{digest}"
    revision.conditions.append(condition("Ready", RECONCILING))
    return revision


def image_and_digest(image: str) -> tuple[str, str]:
    """Split `reference@sha256:…` into both parts; the digest is empty when the image has none."""
    reference, separator, digest = image.rpartition("@sha256:")
    return (reference, f"sha256:{digest}") if separator else (image, "")


def ready_condition(revision: Revision) -> Condition:
    return next(one for one in revision.conditions if one.type_ == "Ready")


def is_ready(revision: Revision) -> bool:
    """Whether the revision's container started and passed its startup probe."""
    return bool(ready_condition(revision).state == SUCCEEDED)


def settle(revision: Revision, failure: str | None, etag: str) -> None:
    """Mark a revision ready, or failed with that message."""
    state = SUCCEEDED if failure is None else FAILED
    reason = {} if failure is None else {"revision_reason": CONTAINER_FAILED}
    del revision.conditions[:]
    for kind in ("Ready", "ContainerHealthy"):
        revision.conditions.append(condition(kind, state, failure or "", **reason))
    revision.conditions.append(condition("ResourcesAvailable", SUCCEEDED))
    revision.reconciling = False
    revision.observed_generation = revision.generation
    revision.update_time.CopyFrom(now())
    revision.etag = etag


def spec_of(revision: Revision, read_secret: ReadSecret) -> RevisionSpec:
    """Return what the data plane needs to run a revision; raise StartError for a secret that is not there."""
    container = revision.containers[0]
    reference, digest = image_and_digest(container.image)
    return RevisionSpec(
        service=revision.service,
        revision=short(revision.name),
        image=reference,
        digest=digest,
        env={variable.name: _value_of(variable, read_secret) for variable in container.env},
        concurrency=revision.max_instance_request_concurrency,
        min_instances=revision.scaling.min_instance_count,
        max_instances=revision.scaling.max_instance_count or 100,
        timeout_s=float(revision.timeout.seconds),
        startup=_probe_spec(container, "startup_probe"),
        liveness=_probe_spec(container, "liveness_probe"),
        readiness=_probe_spec(container, "readiness_probe"),
    )


def _value_of(variable: Any, read_secret: ReadSecret) -> str:
    if not variable.HasField("value_source"):
        return str(variable.value)
    key = variable.value_source.secret_key_ref
    return read_secret(short(key.secret), key.version)


def _probe_spec(container: Any, kind: str) -> ProbeSpec | None:
    if not container.HasField(kind):
        return None
    probe: Probe = getattr(container, kind)
    return ProbeSpec(
        path=(probe.http_get.path or "/") if probe.WhichOneof("probe_type") == "http_get" else None,
        period_s=float(probe.period_seconds or 10),
        timeout_s=float(probe.timeout_seconds or 1),
        failure_threshold=probe.failure_threshold or 3,
        initial_delay_s=float(probe.initial_delay_seconds),
    )


def is_set(message: Template | Revision, field: str) -> bool:
    return any(descriptor.name == field for descriptor, _ in message.ListFields())


def is_addressed(service: Service, revision: Revision) -> bool:
    """Whether a service's traffic, tags or latest revisions refer to the revision."""
    name = short(revision.name)
    targets = [*service.traffic, *service.traffic_statuses]
    return any(
        target.type_ == REVISION and target.revision == name for target in targets
    ) or revision.name in (service.latest_ready_revision, service.latest_created_revision)


class Revisions:
    """The Revisions service of the API."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get_revision(self, request: Any, _caller: str) -> Revision:
        self._state.location.require_revision(request.name)
        self._state.service(service_of(request.name))
        return self._state.revision(request.name)

    def list_revisions(self, request: Any, _caller: str) -> Any:
        """Return a page of a service's revisions, newest first; `services/-` lists those of all services."""
        self._state.location.require_service(request.parent, "parent")
        if not request.parent.endswith("/services/-"):
            self._state.service(request.parent)
        found, token = page(self._state.revisions_of(request.parent), request)
        return run_v2.ListRevisionsResponse.pb()(revisions=found, next_page_token=token)

    def delete_revision(self, request: Any, caller: str) -> operations_pb2.Operation:
        """Delete a revision that nothing refers to.

        Raises:
            ApiError: NOT_FOUND, ABORTED for a stale etag, FAILED_PRECONDITION when it is the latest one, gets
                traffic or has a tag (which code Cloud Run answers with is not verified).
        """
        self._state.quota.take()
        revision = self.get_revision(request, caller)
        service = self._state.service(service_of(request.name))
        if request.etag and request.etag != revision.etag:
            raise ApiError(Code.ABORTED, f"Conflict for resource '{short(request.name)}'.")
        if is_addressed(service, revision):
            raise ApiError(
                Code.FAILED_PRECONDITION,
                f"Revision '{short(request.name)}' cannot be deleted: it is the latest revision, or traffic "
                "or a tag refers to it. Send traffic elsewhere first.",
            )
        if request.validate_only:
            return self._state.operations.dry(revision)
        self._state.forget_revision(request.name)
        operation = self._state.operations.open(revision)
        self._state.operations.finish(operation.name, revision)
        return operation
