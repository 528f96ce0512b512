"""From Knative v1 to v2: what `gcloud run` puts, laid over what is stored.

A field that v1 does not carry keeps its stored value; a system annotation that is not known here is refused,
so that nothing asked for is silently dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.platform.admin.knative_read import DEFAULT_PORT_NAME, PROBE_NUMBERS, PROBES, Json
from sandbox.platform.admin.messages import (
    INGRESS,
    LATEST,
    MANUAL,
    REVISION,
    Container,
    Probe,
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
CONTAINER_KEYS = frozenset(
    {"args", "command", "env", "image", "name", "ports", "resources", *PROBES.values()}
)

Setter = Callable[[Any, str], None]


def service_from(document: Mapping[str, Any], stored: Service) -> Service:
    """Return the service that a v1 document asks for.

    Args:
        document: The whole v1 Service.
        stored: The service as it is, or an empty one that has the name of a new one.

    Raises:
        ApiError: INVALID_ARGUMENT when the document is no Service or asks for what is not offered here.
    """
    try:
        return _service_from(document, stored)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise invalid([Violation("service", f"is no Knative Service: {error!r}")]) from error


def _service_from(document: Mapping[str, Any], stored: Service) -> Service:
    service = Service()
    service.CopyFrom(stored)
    metadata, spec = document["metadata"], document["spec"]
    version = metadata.get("resourceVersion", "")
    service.etag = f'"{version}"' if version else ""
    annotations = metadata.get("annotations", {})
    for field in ("scaling", "traffic", "ingress", "description", "invoker_iam_disabled"):
        service.ClearField(field)
    service.client = annotations.get("run.googleapis.com/client-name", "")
    service.client_version = annotations.get("run.googleapis.com/client-version", "")
    _take_metadata(service, metadata, _SERVICE_ANNOTATIONS)
    service.traffic.extend(_target_from(target) for target in spec.get("traffic", []))
    _lay_template(service.template, spec["template"])
    return service


def _take_metadata(owner: Any, metadata: Mapping[str, Any], setters: Mapping[str, Setter]) -> None:
    """Replace labels and annotations, and act on the system annotations."""
    owner.ClearField("labels")
    owner.ClearField("annotations")
    labels = metadata.get("labels", {})
    owner.labels.update(
        {key: value for key, value in labels.items() if not key.startswith(SYSTEM_NAMESPACES)}
    )
    for key, value in metadata.get("annotations", {}).items():
        if key in setters:
            setters[key](owner, value)
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
    _take_metadata(template, metadata, _TEMPLATE_ANNOTATIONS)


def _container_from(document: Mapping[str, Any], stored: Container) -> Container:
    _refuse_unknown("spec.template.spec.containers", document, CONTAINER_KEYS)
    container = Container()
    container.CopyFrom(stored)
    for field in ("command", "args", "env", "ports", *PROBES):
        container.ClearField(field)
    container.image = document.get("image", "")
    container.name = document.get("name", "")
    container.command.extend(document.get("command", []))
    container.args.extend(document.get("args", []))
    for variable in document.get("env", []):
        _add_variable(container, variable)
    for port in document.get("ports", []):
        name = port.get("name", "")
        container.ports.add(
            name="" if name == DEFAULT_PORT_NAME else name, container_port=port["containerPort"]
        )
    limits = document.get("resources", {}).get("limits", {})
    if limits != dict(container.resources.limits):
        container.resources.limits.clear()
        container.resources.limits.update(limits)
    for ours, theirs in PROBES.items():
        if theirs in document:
            getattr(container, ours).CopyFrom(_probe_from(document[theirs]))
    return container


def _add_variable(container: Container, variable: Mapping[str, Any]) -> None:
    added = container.env.add(name=variable["name"])
    if "valueFrom" in variable:
        reference = variable["valueFrom"]["secretKeyRef"]
        added.value_source.secret_key_ref.secret = reference["name"]
        added.value_source.secret_key_ref.version = str(reference["key"])
    else:
        added.value = variable.get("value", "")


def _probe_from(document: Json) -> Probe:
    probe = Probe(**{ours: document.get(theirs, 0) for ours, theirs in PROBE_NUMBERS.items()})
    if "httpGet" in document:
        probe.http_get.path = document["httpGet"].get("path", "/")
        probe.http_get.port = document["httpGet"].get("port", 0)
    elif "grpc" in document:
        probe.grpc.port = document["grpc"].get("port", 0)
    else:
        probe.tcp_socket.port = document.get("tcpSocket", {}).get("port", 0)
    return probe


def _set_ingress(service: Service, value: str) -> None:
    numbers = {name: number for number, name in INGRESS.items()}
    service.ingress = numbers[value]


def _set_mode(service: Service, value: str) -> None:
    if value.lower() == "manual":
        service.scaling.scaling_mode = MANUAL


def _number(*path: str) -> Setter:
    """Return a setter of the integer field that the path leads to."""

    def set_number(owner: Any, value: str) -> None:
        *parents, leaf = path
        for parent in parents:
            owner = getattr(owner, parent)
        setattr(owner, leaf, int(value))

    return set_number


def _resource_flag(field: str) -> Setter:
    """Return a setter of the boolean field in every container's resources."""

    def set_flag(template: Any, value: str) -> None:
        for container in template.containers:
            setattr(container.resources, field, value.lower() == "true")

    return set_flag


def _refuse_unknown(field: str, document: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(key for key in document if key not in known and document[key])
    if unknown:
        raise invalid([Violation(field, f"'{key}' is not offered here") for key in unknown])


def _flag(field: str) -> Setter:
    """Return a setter of the boolean field."""
    return lambda owner, value: setattr(owner, field, value.lower() == "true")


_SERVICE_ANNOTATIONS: Mapping[str, Setter] = {
    "run.googleapis.com/ingress": _set_ingress,
    "run.googleapis.com/description": lambda service, value: setattr(service, "description", value),
    "run.googleapis.com/minScale": _number("scaling", "min_instance_count"),
    "run.googleapis.com/maxScale": _number("scaling", "max_instance_count"),
    "run.googleapis.com/scalingMode": _set_mode,
    "run.googleapis.com/manualInstanceCount": _number("scaling", "manual_instance_count"),
    "run.googleapis.com/invoker-iam-disabled": _flag("invoker_iam_disabled"),
}

_TEMPLATE_ANNOTATIONS: Mapping[str, Setter] = {
    "autoscaling.knative.dev/minScale": _number("scaling", "min_instance_count"),
    "autoscaling.knative.dev/maxScale": _number("scaling", "max_instance_count"),
    "run.googleapis.com/sessionAffinity": _flag("session_affinity"),
    "run.googleapis.com/execution-environment": lambda template, value: setattr(
        template, "execution_environment", {"gen1": 1, "gen2": 2}[value]
    ),
    "run.googleapis.com/startup-cpu-boost": _resource_flag("startup_cpu_boost"),
    "run.googleapis.com/cpu-throttling": _resource_flag("cpu_idle"),
}
