"""From v2 to Knative v1: how services and revisions look to `gcloud run`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format

from sandbox.platform.admin.knative_annotations import OF_SERVICE, OF_TEMPLATE, shown
from sandbox.platform.admin.messages import (
    FAILED,
    INGRESS,
    LATEST,
    SUCCEEDED,
    Condition,
    Container,
    Revision,
    Service,
    Template,
    TrafficStatus,
    TrafficTarget,
)
from sandbox.platform.admin.names import service_of, short
from sandbox.platform.admin.revisions import (
    DEFAULT_CONCURRENCY,
    DEFAULT_TIMEOUT_S,
    SHARED_FIELDS,
    is_set,
)
from sandbox.platform.admin.traffic import effective

API_VERSION = "serving.knative.dev/v1"
DEFAULT_PORT_NAME = "http1"

CONTAINER_KEYS = frozenset(
    {"args", "command", "env", "image", "livenessProbe", "name", "ports", "readinessProbe", "resources"}
    | {"startupProbe"}
)
"""What v1 says of a container here."""

Json = dict[str, Any]


def service_view(service: Service) -> Json:
    annotations = {
        "serving.knative.dev/creator": service.creator,
        "serving.knative.dev/lastModifier": service.last_modifier,
        "run.googleapis.com/ingress-status": INGRESS[service.ingress],
        **shown(service, OF_SERVICE),
    }
    return {
        **_head(service, "Service", service.labels, annotations),
        "spec": {
            "template": template_view(service.template),
            "traffic": [_target_view(target) for target in effective(service.traffic)],
        },
        "status": _service_status(service),
    }


def revision_view(revision: Revision, *, is_active: bool) -> Json:
    """Return a revision as Knative writes it; an active one is reachable through its service."""
    service = short(service_of(revision.name))
    template = template_view(
        Template(
            scaling=revision.scaling,
            timeout=revision.timeout,
            max_instance_request_concurrency=revision.max_instance_request_concurrency,
            **{field: getattr(revision, field) for field in SHARED_FIELDS if is_set(revision, field)},
        )
    )
    labels = {
        **template["metadata"]["labels"],
        "serving.knative.dev/service": service,
        "serving.knative.dev/configuration": service,
    }
    annotations = {**template["metadata"]["annotations"], "serving.knative.dev/creator": revision.creator}
    return {
        **_head(revision, "Revision", labels, annotations),
        "spec": template["spec"],
        "status": {
            "observedGeneration": int(revision.observed_generation),
            "conditions": [
                *(_condition_view(condition) for condition in revision.conditions),
                {"type": "Active", "status": str(is_active)},
            ],
            "imageDigest": revision.containers[0].image,
        },
    }


def _head(
    resource: Service | Revision, kind: str, labels: Mapping[str, str], annotations: Mapping[str, str]
) -> Json:
    _, project, _, region, *_, name = resource.name.split("/")
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": project,
            "selfLink": f"/apis/{API_VERSION}/namespaces/{project}/{kind.lower()}s/{name}",
            "uid": resource.uid,
            "resourceVersion": resource.etag.strip('"'),
            "generation": int(resource.generation),
            "creationTimestamp": resource.create_time.ToJsonString(),
            "labels": {**labels, "cloud.googleapis.com/location": region},
            "annotations": dict(annotations),
        },
    }


def template_view(template: Template) -> Json:
    metadata: Json = {"annotations": shown(template, OF_TEMPLATE), "labels": dict(template.labels)}
    if template.revision:
        metadata["name"] = template.revision
    spec: Json = {
        "containerConcurrency": template.max_instance_request_concurrency or DEFAULT_CONCURRENCY,
        "timeoutSeconds": template.timeout.seconds or DEFAULT_TIMEOUT_S,
        "containers": [_container_view(container) for container in template.containers],
    }
    if template.service_account:
        spec["serviceAccountName"] = template.service_account
    return {"metadata": metadata, "spec": spec}


def _service_status(service: Service) -> Json:
    conditions = [service.terminal_condition, *service.conditions]
    views = [_condition_view(condition) for condition in conditions if condition.type_]
    if service.reconciling:
        views = [
            {"type": kind, "status": "Unknown"} for kind in ("Ready", "ConfigurationsReady", "RoutesReady")
        ]
    # v1 counts a generation as observed once it was tried; v2 only once it is in force.
    observed = service.observed_generation if service.reconciling else service.generation
    return {
        "observedGeneration": int(observed),
        "conditions": views,
        "latestReadyRevisionName": short(service.latest_ready_revision),
        "latestCreatedRevisionName": short(service.latest_created_revision),
        "traffic": [_status_view(status, service) for status in service.traffic_statuses],
        "url": service.uri,
        "address": {"url": service.uri},
    }


def _condition_view(condition: Condition) -> Json:
    status = {SUCCEEDED: "True", FAILED: "False"}.get(condition.state, "Unknown")
    view = {
        "type": condition.type_,
        "status": status,
        "lastTransitionTime": condition.last_transition_time.ToJsonString(),
    }
    if condition.message:
        view["message"] = condition.message
    if condition.state == FAILED:
        view["reason"] = "RevisionFailed" if condition.HasField("reason") else "HealthCheckContainerError"
    return view


def _target_view(target: TrafficTarget) -> Json:
    view: Json = {"latestRevision": True} if target.type_ == LATEST else {"revisionName": target.revision}
    if target.percent:
        view["percent"] = target.percent
    if target.tag:
        view["tag"] = target.tag
    return view


def _status_view(status: TrafficStatus, service: Service) -> Json:
    view = _target_view(status)
    if status.type_ == LATEST:
        view["revisionName"] = short(service.latest_ready_revision)
    if status.uri:
        view["url"] = status.uri
    return view


def _container_view(container: Container) -> Json:
    """Return a container, which v1 writes as v2 does in JSON but for secrets and resources."""
    view: Json = json_format.MessageToDict(container)
    limits = view.pop("resources", {}).get("limits", {})
    if limits:
        view["resources"] = {"limits": limits}
    for port in view.get("ports", []):
        port.setdefault("name", DEFAULT_PORT_NAME)
    for variable in view.get("env", []):
        if "valueSource" in variable:
            key = variable.pop("valueSource")["secretKeyRef"]
            variable["valueFrom"] = {"secretKeyRef": {"name": key["secret"], "key": key["version"]}}
        else:
            variable.setdefault("value", "")
    return {key: value for key, value in view.items() if key in CONTAINER_KEYS}
