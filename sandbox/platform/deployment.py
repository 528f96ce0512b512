"""Deploys the platform's services through the admin API, with the real Cloud Run client."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import grpc.aio
from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.cloud import run_v2
from google.longrunning import operations_pb2
from google.protobuf import duration_pb2, field_mask_pb2
from google.rpc import code_pb2

from sandbox import topology
from sandbox.errors import SandboxError

_LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
_INGRESS = {
    "all": run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL,
    "internal": run_v2.IngressTraffic.INGRESS_TRAFFIC_INTERNAL_ONLY,
}
_RPC_TIMEOUT_S = 30.0


class DeploymentError(SandboxError):
    """The cloud refused a deployment, or its operation failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """What is deployed and how much of the traffic it gets.

    As on Cloud Run the traffic list stays as it is: the new revision gets what the list gives to the latest.
    `takes_traffic` False names today's revisions instead, `to_latest` gives everything to the latest.
    """

    image: str
    takes_traffic: bool = True
    to_latest: bool = False
    tag: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A new revision and the percentage of the requests that it gets."""

    revision: str
    percent: int


class Deployer:
    """Deploys to one project and region."""

    def __init__(
        self, admin_grpc: str, *, project: str, region: str, environment: str = topology.ENVIRONMENT
    ) -> None:
        self._parent = f"projects/{project}/locations/{region}"
        self._environment = environment
        self._channel = grpc.aio.insecure_channel(admin_grpc)
        transport = run_v2.ServicesAsyncClient.get_transport_class("grpc_asyncio")(channel=self._channel)
        self._client = run_v2.ServicesAsyncClient(transport=transport)

    async def close(self) -> None:
        await self._channel.close()

    async def deploy(self, service: topology.SandboxService, rollout: Rollout) -> Deployed:
        """Create the service or give it a new revision, wait, and return the new revision.

        Raises:
            DeploymentError: the request was refused, or its operation failed or did not end in time.
        """
        try:
            return await self._deploy(service, rollout)
        except GoogleAPICallError as error:
            raise DeploymentError(f"{rollout.image} was not deployed: {error.message}") from error

    async def _deploy(self, service: topology.SandboxService, rollout: Rollout) -> Deployed:
        service_id = topology.cloud_run_name(service.name, self._environment)
        name = f"{self._parent}/services/{service_id}"
        try:
            current = await self._client.get_service(name=name, timeout=_RPC_TIMEOUT_S)
        except NotFound:
            created = await self._client.create_service(
                parent=self._parent,
                service_id=service_id,
                service=new_service(service, rollout),
                timeout=_RPC_TIMEOUT_S,
            )
            return await self._wait(created.operation, rollout)
        revision = f"{service_id}-{secrets.token_hex(3)}"
        update = run_v2.UpdateServiceRequest(
            service=updated_service(current, revision, rollout),
            update_mask=field_mask_pb2.FieldMask(paths=["template", "traffic"]),
        )
        updated = await self._client.update_service(request=update, timeout=_RPC_TIMEOUT_S)
        return await self._wait(updated.operation, rollout)

    async def _wait(self, operation: operations_pb2.Operation, rollout: Rollout) -> Deployed:
        request = operations_pb2.WaitOperationRequest(
            name=operation.name, timeout=duration_pb2.Duration(seconds=int(rollout.timeout_s))
        )
        answer = await self._client.wait_operation(request, timeout=rollout.timeout_s + _RPC_TIMEOUT_S)
        ended = operations_pb2.Operation.FromString(answer) if isinstance(answer, bytes) else answer
        if not ended.done:
            raise DeploymentError(f"{rollout.image} was not deployed within {rollout.timeout_s:g} s.")
        if ended.HasField("error"):
            reason = code_pb2.Code.Name(ended.error.code)
            raise DeploymentError(f"{rollout.image} was not deployed: {reason}: {ended.error.message}")
        service = run_v2.Service.deserialize(ended.response.value)
        revision = short(service.latest_created_revision)
        ready = short(service.latest_ready_revision)
        bearing = ((one.revision or ready, one.percent) for one in service.traffic_statuses)
        return Deployed(revision=revision, percent=sum(share for name, share in bearing if name == revision))


def new_service(service: topology.SandboxService, rollout: Rollout) -> run_v2.Service:
    """The service as the platform wants it, with its first revision."""
    health = run_v2.HTTPGetAction(path="/healthz")
    container = run_v2.Container(
        image=rollout.image,
        env=[
            _from_secret("CLIENT_SECRET", f"{service.name}-client-secret", version="1"),
            *(run_v2.EnvVar(name=name, value=value) for name, value in rollout.env.items()),
        ],
        startup_probe=run_v2.Probe(
            http_get=health, period_seconds=1, timeout_seconds=1, failure_threshold=30
        ),
        liveness_probe=run_v2.Probe(
            http_get=health, period_seconds=10, timeout_seconds=5, failure_threshold=3
        ),
    )
    return run_v2.Service(
        ingress=_INGRESS[service.ingress],
        scaling=run_v2.ServiceScaling(min_instance_count=service.min_instances),
        template=run_v2.RevisionTemplate(
            containers=[container],
            max_instance_request_concurrency=service.concurrency,
            scaling=run_v2.RevisionScaling(max_instance_count=service.max_instances),
            timeout=duration_pb2.Duration(seconds=60),
        ),
    )


def _from_secret(variable: str, secret: str, *, version: str) -> run_v2.EnvVar:
    key = run_v2.SecretKeySelector(secret=secret, version=version)
    return run_v2.EnvVar(name=variable, value_source=run_v2.EnvVarSource(secret_key_ref=key))


def updated_service(current: run_v2.Service, revision: str, rollout: Rollout) -> run_v2.Service:
    """The service with the new revision's template and traffic; all else of the template stays."""
    template = run_v2.RevisionTemplate(current.template)
    template.revision = revision
    template.annotations = {**template.annotations, **rollout.annotations}
    container = template.containers[0]
    container.image = rollout.image
    kept = [variable for variable in container.env if variable.name not in rollout.env]
    container.env = kept + [run_v2.EnvVar(name=name, value=value) for name, value in rollout.env.items()]
    return run_v2.Service(
        name=current.name, template=template, traffic=traffic_after(current, revision, rollout)
    )


def traffic_after(current: run_v2.Service, revision: str, rollout: Rollout) -> Sequence[run_v2.TrafficTarget]:
    """The traffic list after a deployment; tags of other revisions stay where they are.

    A service that was created without a list has none: all its traffic follows the latest ready revision.
    """
    ready = short(current.latest_ready_revision)
    before = list(current.traffic) or [run_v2.TrafficTarget(type_=_LATEST, percent=100)]
    serving = [run_v2.TrafficTarget(target, tag="") for target in before if target.percent]
    tagged = [_pinned(target, ready) for target in before if target.tag not in ("", rollout.tag)]
    for target in tagged:
        target.percent = 0
    if rollout.to_latest:
        serving = [run_v2.TrafficTarget(type_=_LATEST, percent=100)]
    elif not rollout.takes_traffic:
        serving = [_pinned(target, ready) for target in serving]
    new_tag = run_v2.TrafficTarget(type_=_REVISION, revision=revision, tag=rollout.tag)
    return [*serving, *tagged, *([new_tag] if rollout.tag else [])]


def short(resource_name: str) -> str:
    return resource_name.rpartition("/")[2]


def _pinned(target: run_v2.TrafficTarget, ready: str) -> run_v2.TrafficTarget:
    """A copy that names its revision, so that a newer one does not take its place."""
    revision = ready if target.type_ == _LATEST else target.revision
    return run_v2.TrafficTarget(type_=_REVISION, revision=revision, percent=target.percent, tag=target.tag)
