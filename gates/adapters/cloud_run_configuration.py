"""How services are deployed on Cloud Run: read, scaled, given a revision; never anything beside that.

Every write names its fields in the update mask. Scaling is the service's own and makes no revision. A new
revision and its traffic list travel in one write, under a revision name that is chosen beforehand: nothing
floats to a revision that nobody wanted there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.cloud import run_v2
from google.longrunning import operations_pb2
from google.protobuf import duration_pb2, field_mask_pb2, json_format

from gates.actions.ports import Clock
from gates.adapters.cloud_errors import translated
from gates.adapters.cloud_run_channel import connect
from gates.adapters.cloud_run_values import image_of, service_state, traffic_targets, with_image
from gates.errors import OperationFailedError, UnavailableError
from gates.model.configuration import Scaling, ServiceSettings
from gates.model.platform import Environment
from gates.model.traffic import TrafficSplit

_READ_S = 10.0
_WRITE_S = 15.0
_OPERATION_S = 180.0
_LONGEST_WAIT_S = 30
_COPIED = (
    "labels", "annotations", "scaling", "vpc_access", "timeout", "service_account", "containers", "volumes",
    "execution_environment", "encryption_key", "max_instance_request_concurrency", "session_affinity",
)  # fmt: skip
_CHANGES_BY_ITSELF = (
    "uid", "generation", "createTime", "updateTime", "creator", "lastModifier", "client", "clientVersion",
    "observedGeneration", "terminalCondition", "conditions", "latestReadyRevision", "latestCreatedRevision",
    "trafficStatuses", "uri", "urls", "reconciling", "etag",
)  # fmt: skip


class CloudRunConfiguration:
    """Reads and writes the configuration of one environment's services; safe to use from several threads."""

    def __init__(self, environment: Environment, clock: Clock) -> None:
        self._environment = environment
        self._clock = clock
        self._services, self._revisions = connect(environment.endpoints)

    def close(self) -> None:
        """Close the channel."""
        self._services.transport.close()

    def settings(self, service: str) -> ServiceSettings:
        """Return how a service is configured now.

        Raises:
            CloudError: the service cannot be read.
        """
        message = self._read(service)
        state, template = service_state(service, message), message.template
        return ServiceSettings(
            service=service,
            uri=state.uri,
            image=image_of(template),
            latest_ready=state.latest_ready,
            scaling=Scaling(
                minimum=message.scaling.min_instance_count, maximum=message.scaling.max_instance_count
            ),
            revision_maximum=template.scaling.max_instance_count,
            concurrency=template.max_instance_request_concurrency,
            traffic=state.traffic,
            serving=state.serving,
        )

    def document(self, service: str) -> Mapping[str, object]:
        """Return the whole configuration as a plain document, without what changes by itself.

        Raises:
            CloudError: the service cannot be read.
        """
        message = run_v2.Service.pb(self._read(service))
        found: dict[str, object] = json_format.MessageToDict(message)
        return {key: value for key, value in found.items() if key not in _CHANGES_BY_ITSELF}

    def set_scaling(self, service: str, scaling: Scaling) -> None:
        """Set the bounds of a service; no revision is made.

        Raises:
            CloudError: the service was not changed, or its operation failed.
        """
        wanted = run_v2.ServiceScaling(
            min_instance_count=scaling.minimum, max_instance_count=scaling.maximum or None
        )
        self._write(service, run_v2.Service(scaling=wanted), ["scaling"])

    def deploy(self, service: str, image: str, revision: str, split: TrafficSplit) -> None:
        """Make the named revision with that image and the rest of today's template, and apply the list.

        Raises:
            CloudError: the service was not changed, or its operation failed.
        """
        template = with_image(self._read(service).template, image)
        self._deploy(service, template, revision, split)

    def redeploy(self, service: str, source: str, revision: str, split: TrafficSplit) -> None:
        """Make the named revision exactly like `source`, image by digest, and apply the list.

        Raises:
            CloudError: there is no such source, or the service was not changed, or its operation failed.
        """
        with translated(f"read {source}"):
            found = self._revisions.get_revision(
                name=f"{self._path(service)}/revisions/{source}", timeout=_READ_S
            )
        template = run_v2.RevisionTemplate(
            {field: getattr(found, field) for field in _COPIED if field in found}
        )
        self._deploy(service, template, revision, split)

    def _deploy(self, service: str, template: Any, revision: str, split: TrafficSplit) -> None:
        template.revision = revision
        wanted = run_v2.Service(template=template, traffic=traffic_targets(split))
        self._write(service, wanted, ["template", "traffic"])

    def _write(self, service: str, wanted: Any, paths: list[str]) -> None:
        wanted.name = self._path(service)
        request = run_v2.UpdateServiceRequest(
            service=wanted, update_mask=field_mask_pb2.FieldMask(paths=paths)
        )
        with translated(f"change {', '.join(paths)} of {service}"):
            begun = self._services.update_service(request=request, timeout=_WRITE_S).operation
        self._finish(service, begun)

    def _finish(self, service: str, operation: Any) -> None:
        deadline = self._clock.monotonic() + _OPERATION_S
        while not operation.done:
            if self._clock.monotonic() >= deadline:
                raise UnavailableError(f"{service}: the operation still runs after {_OPERATION_S:g} s")
            request = operations_pb2.WaitOperationRequest(
                name=operation.name, timeout=duration_pb2.Duration(seconds=_LONGEST_WAIT_S)
            )
            with translated(f"wait for the operation on {service}"):
                answer = self._services.wait_operation(request, timeout=_LONGEST_WAIT_S + _READ_S)
            # The client hands this one answer over undecoded.
            operation = operations_pb2.Operation.FromString(answer) if isinstance(answer, bytes) else answer
        if operation.HasField("error"):
            raise OperationFailedError(f"{service}: the operation failed: {operation.error.message}")

    def _read(self, service: str) -> Any:
        with translated(f"read {service}"):
            return self._services.get_service(name=self._path(service), timeout=_READ_S)

    def _path(self, service: str) -> str:
        place = self._environment
        return f"projects/{place.project}/locations/{place.region}/services/{place.cloud_run_name(service)}"
