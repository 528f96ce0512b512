"""From Knative v1 to v2: what `gcloud run` puts, laid over what is stored.

A field that v1 does not carry keeps its stored value; a system annotation that is not known here is refused,
so that nothing asked for is silently dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format

from sandbox.platform.admin.knative_annotations import OF_SERVICE, OF_TEMPLATE, Annotation
from sandbox.platform.admin.knative_read import CONTAINER_KEYS, DEFAULT_PORT_NAME, Json
from sandbox.platform.admin.messages import (
    LATEST,
    REVISION,
    Container,
    Service,
    Template,
    TrafficTarget,
)
from sandbox.platform.admin.revisions import DEFAULT_CONCURRENCY, DEFAULT_TIMEOUT_S
from sandbox.platform.api_errors import Violation, invalid

SYSTEM_NAMESPACES = (
    "run.googleapis.com/",
    "serving.knative.dev/",
    "cloud.googleapis.com/",
    "autoscaling.knative.dev/",
)
REPORTED = frozenset(
    {
        "run.googleapis.com/client-name",
        "run.googleapis.com/client-version",
        "run.googleapis.com/ingress-status",
        "run.googleapis.com/launch-stage",
        "run.googleapis.com/operation-id",
        "run.googleapis.com/urls",
        "serving.knative.dev/creator",
        "serving.knative.dev/lastModifier",
    }
)
"""System annotations that say something about a resource and ask for nothing."""

TEMPLATE_KEYS = frozenset({"containerConcurrency", "containers", "serviceAccountName", "timeoutSeconds"})
PROBES = ("startup_probe", "liveness_probe", "readiness_probe")


def service_from(document: Mapping[str, Any], stored: Service) -> Service:
    """Return the service that a v1 document asks for.

    Args:
        document: The whole v1 Service.
        stored: The service as it is, or an empty one that has the name of a new one.

    Raises:
        ApiError: INVALID_ARGUMENT when the document is not a Service or asks for what is not offered here.
    """
    try:
        return _service_from(document, stored)
    except (AttributeError, KeyError, TypeError, ValueError, json_format.ParseError) as error:
        raise invalid([Violation("service", f"is not a Knative Service: {error!r}")]) from error


def _service_from(document: Mapping[str, Any], stored: Service) -> Service:
    service = Service()
    service.CopyFrom(stored)
    metadata, spec = document["metadata"], document["spec"]
    version = metadata.get("resourceVersion", "")
    service.etag = f'"{version}"' if version else ""
    for annotation in OF_SERVICE.values():
        service.ClearField(annotation.path.partition(".")[0])
    service.ClearField("traffic")
    _take_metadata(service, metadata, OF_SERVICE)
    service.traffic.extend(_target_from(target) for target in spec.get("traffic", []))
    _lay_template(service.template, spec["template"])
    return service


def _take_metadata(owner: Any, metadata: Mapping[str, Any], table: Mapping[str, Annotation]) -> None:
    owner.ClearField("labels")
    owner.ClearField("annotations")
    labels = metadata.get("labels", {})
    owner.labels.update(
        {key: value for key, value in labels.items() if not key.startswith(SYSTEM_NAMESPACES)}
    )
    for key, value in metadata.get("annotations", {}).items():
        if key in table:
            table[key].take(owner, value)
        elif not key.startswith(SYSTEM_NAMESPACES):
            owner.annotations[key] = value
        elif key not in REPORTED:
            raise invalid([Violation("metadata.annotations", f"'{key}' is not offered here")])


def _target_from(target: Mapping[str, Any]) -> TrafficTarget:
    follows = bool(target.get("latestRevision"))
    return TrafficTarget(
        type_=LATEST if follows else REVISION,
        revision="" if follows else target.get("revisionName", ""),
        percent=target.get("percent", 0),
        tag=target.get("tag", ""),
    )


def _lay_template(template: Template, document: Mapping[str, Any]) -> None:
    metadata, spec = document.get("metadata", {}), document["spec"]
    template.ClearField("scaling")
    template.ClearField("session_affinity")
    _refuse_unknown("spec.template.spec", spec, TEMPLATE_KEYS)
    template.revision = metadata.get("name", "")
    template.service_account = spec.get("serviceAccountName", "")
    # v1 shows a number where v2 leaves the default unsaid; an unchanged one must not look like a change.
    concurrency = spec.get("containerConcurrency") or DEFAULT_CONCURRENCY
    if concurrency != (template.max_instance_request_concurrency or DEFAULT_CONCURRENCY):
        template.max_instance_request_concurrency = concurrency
    timeout = spec.get("timeoutSeconds") or DEFAULT_TIMEOUT_S
    if timeout != (template.timeout.seconds or DEFAULT_TIMEOUT_S):
        template.timeout.seconds = timeout
    stored = list(template.containers)
    containers = [
        _container_from(one, stored[index] if index < len(stored) else Container())
        for index, one in enumerate(spec["containers"])
    ]
    template.ClearField("containers")
    template.containers.extend(containers)
    _take_metadata(template, metadata, OF_TEMPLATE)


def _container_from(document: Mapping[str, Any], stored: Container) -> Container:
    _refuse_unknown("spec.template.spec.containers", document, CONTAINER_KEYS)
    limits = document.get("resources", {}).get("limits", {})
    container = Container()
    container.CopyFrom(stored)
    for field in ("image", "name", "command", "args", "env", "ports", *PROBES):
        container.ClearField(field)
    if limits != dict(container.resources.limits):
        container.resources.limits.clear()
        container.resources.limits.update(limits)
    wanted = {key: value for key, value in document.items() if key not in ("env", "ports", "resources")}
    wanted["env"] = [_variable_from(variable) for variable in document.get("env", [])]
    wanted["ports"] = [
        {key: value for key, value in port.items() if (key, value) != ("name", DEFAULT_PORT_NAME)}
        for port in document.get("ports", [])
    ]
    json_format.ParseDict(wanted, container)
    return container


def _variable_from(variable: Mapping[str, Any]) -> Json:
    if "valueFrom" not in variable:
        return dict(variable)
    key = variable["valueFrom"]["secretKeyRef"]
    reference = {"secret": key["name"], "version": str(key["key"])}
    return {"name": variable["name"], "valueSource": {"secretKeyRef": reference}}


def _refuse_unknown(field: str, document: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(key for key in document if key not in known and document[key])
    if unknown:
        raise invalid([Violation(field, f"'{key}' is not offered here") for key in unknown])
