"""Gives a service a revision of another image and takes it away again, through Cloud Run's Admin API v2."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from google.cloud import run_v2
from google.longrunning import operations_pb2
from google.protobuf import duration_pb2, field_mask_pb2

from gates.adapters.cloud_errors import translated
from gates.adapters.cloud_run_channel import connect
from gates.adapters.cloud_run_values import short_name, with_image
from gates.errors import OperationFailedError
from gates.model.platform import Environment

_LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
_CALL_S = 30.0
_OPERATION_S = 180.0


class CloudRunDeployer:
    """Remembers what each service was like before its first deployment, and brings that back."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._client, _ = connect(environment.endpoints)
        self._before: dict[str, Any] = {}

    def close(self) -> None:
        """Close the channel."""
        self._client.transport.close()

    def deploy(self, service: str, image: str, *, percent: int, tag: str) -> str:
        """Deploy `image` as a new revision with a share of the traffic and perhaps a tag; return its name.

        A revision that the cloud accepted and that never became ready is returned too: it is what is judged.

        Raises:
            CloudError: the cloud refused.
        """
        current = self._read(service)
        before = self._before.setdefault(service, current)
        template = with_image(before.template, image)
        serving = short_name(current.latest_ready_revision)
        return self._update(service, template, _split(serving, percent=percent, tag=tag), current.etag)[0]

    def restore(self, service: str) -> None:
        """Deploy what served before the first deployment, with the traffic list of that time.

        Raises:
            CloudError: the cloud refused.
            OperationFailedError: it did not become ready: the service is not as it was.
        """
        before = self._before.get(service)
        if before is None:
            return
        template = run_v2.RevisionTemplate(before.template)
        traffic = list(before.traffic) or [run_v2.TrafficTarget(type_=_LATEST, percent=100)]
        name, error = self._update(service, template, lambda _new: traffic, self._read(service).etag)
        if error:
            raise OperationFailedError(f"{service} was not restored: {name}: {error}")
        del self._before[service]

    def _read(self, service: str) -> Any:
        with translated(f"read {service}"):
            return self._client.get_service(name=self._path(service), timeout=_CALL_S)

    def _update(
        self, service: str, template: Any, traffic: Callable[[str], list[Any]], etag: str
    ) -> tuple[str, str]:
        """Send template and traffic; return the new revision's name and why it failed, if it did."""
        revision = f"{self._environment.cloud_run_name(service)}-{secrets.token_hex(4)}"
        template.revision = revision
        request = run_v2.UpdateServiceRequest(
            service=run_v2.Service(
                name=self._path(service), etag=etag, template=template, traffic=traffic(revision)
            ),
            update_mask=field_mask_pb2.FieldMask(paths=["template", "traffic"]),
        )
        wait = operations_pb2.WaitOperationRequest(timeout=duration_pb2.Duration(seconds=int(_OPERATION_S)))
        with translated(f"deploy {service}"):
            operation = self._client.update_service(request=request, timeout=_CALL_S).operation
            wait.name = operation.name
            answer = self._client.wait_operation(wait, timeout=_OPERATION_S + _CALL_S)
        # The client hands this one answer over undecoded.
        ended = operations_pb2.Operation.FromString(answer) if isinstance(answer, bytes) else answer
        if not ended.done:
            raise OperationFailedError(f"{service}: {revision} was not deployed within {_OPERATION_S:g} s")
        return revision, ended.error.message if ended.HasField("error") else ""

    def _path(self, service: str) -> str:
        place = self._environment
        return f"projects/{place.project}/locations/{place.region}/services/{place.cloud_run_name(service)}"


def _split(serving: str, *, percent: int, tag: str) -> Callable[[str], list[Any]]:
    """Return the function from the new revision's name to the traffic list."""

    def targets(new: str) -> list[Any]:
        rest = [run_v2.TrafficTarget(type_=_REVISION, revision=serving, percent=100 - percent)]
        mine = run_v2.TrafficTarget(type_=_REVISION, revision=new, percent=percent, tag=tag)
        return [*(rest if percent < 100 else []), *([mine] if percent or tag else [])]  # noqa: PLR2004 - per cent

    return targets
