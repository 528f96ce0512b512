"""What makes a service invalid before anything is tried: its template, labels, traffic and scaling."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sandbox.platform.admin import scaling, traffic
from sandbox.platform.admin.messages import INGRESS, Container, Probe, Service, Template
from sandbox.platform.admin.names import short
from sandbox.platform.api_errors import Violation, invalid

RESERVED_NAMESPACES = (
    "run.googleapis.com",
    "cloud.googleapis.com",
    "serving.knative.dev",
    "autoscaling.knative.dev",
)
LABEL_KEY = re.compile(r"(?:[a-z0-9.-]+/)?[a-z][a-z0-9_-]{0,62}")
LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
REVISION_ID = re.compile(r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?")
MAX_DESCRIPTION = 512
MAX_TIMEOUT_S = 3600
MAX_CONCURRENCY = 1000
MAX_STARTUP_S = 240


def check(before: Service | None, after: Service) -> None:
    """Refuse an invalid service, naming every violation at once; raise ApiError INVALID_ARGUMENT."""
    service_id = short(after.name)
    found = [
        *_service_violations(after),
        *_metadata_violations(after, "service"),
        *_metadata_violations(after.template, "service.template"),
        *_template_violations(after.template, service_id),
        *traffic.violations(after.traffic, service_id),
        *scaling.violations(before, after),
    ]
    if found:
        raise invalid(found)


def _service_violations(service: Service) -> Iterator[Violation]:
    if len(service.description) > MAX_DESCRIPTION:
        yield Violation("service.description", f"must not exceed {MAX_DESCRIPTION} characters")
    if service.ingress not in INGRESS:
        yield Violation("service.ingress", f"value {service.ingress} is not offered here")


def _metadata_violations(owner: Service | Template, field: str) -> Iterator[Violation]:
    yield from _reserved(owner.labels, f"{field}.labels")
    yield from _reserved(owner.annotations, f"{field}.annotations")
    for key, value in owner.labels.items():
        if not LABEL_KEY.fullmatch(key) or not LABEL_VALUE.fullmatch(value):
            yield Violation(f"{field}.labels", f"'{key}: {value}' is not a valid label")


def _reserved(entries: Mapping[str, str], field: str) -> Iterator[Violation]:
    for key in entries:
        namespace, slash, _ = key.partition("/")
        if slash and any(namespace == name or namespace.endswith(f".{name}") for name in RESERVED_NAMESPACES):
            yield Violation(field, f"key '{key}' is in a reserved namespace that API v2 does not support")


def _template_violations(template: Template, service_id: str) -> Iterator[Violation]:
    field = "service.template"
    name = template.revision
    if name and not (name.startswith(f"{service_id}-") and REVISION_ID.fullmatch(name)):
        yield Violation(f"{field}.revision", f"'{name}' must start with '{service_id}-' and be a DNS label")
    if not 0 <= template.timeout.seconds <= MAX_TIMEOUT_S:
        yield Violation(f"{field}.timeout", f"must be between 0 s and {MAX_TIMEOUT_S} s")
    if not 0 <= template.max_instance_request_concurrency <= MAX_CONCURRENCY:
        yield Violation(
            f"{field}.max_instance_request_concurrency", f"must be between 0 and {MAX_CONCURRENCY}"
        )
    if len(template.containers) != 1:
        yield Violation(f"{field}.containers", "one container is required (sidecars are not offered here)")
    for index, container in enumerate(template.containers):
        yield from _container_violations(container, f"{field}.containers[{index}]")


def _container_violations(container: Container, field: str) -> Iterator[Violation]:
    if not container.image:
        yield Violation(f"{field}.image", "is required")
    for variable in container.env:
        if not variable.name:
            yield Violation(f"{field}.env", "a variable needs a name")
        if variable.HasField("value_source"):
            key = variable.value_source.secret_key_ref
            if not key.secret or not key.version:
                yield Violation(f"{field}.env", f"'{variable.name}' names no secret or no version of it")
    for kind in ("startup_probe", "liveness_probe", "readiness_probe"):
        if container.HasField(kind):
            yield from _probe_violations(getattr(container, kind), f"{field}.{kind}", kind)


def _probe_violations(probe: Probe, field: str, kind: str) -> Iterator[Violation]:
    if probe.WhichOneof("probe_type") == "grpc":
        yield Violation(f"{field}.grpc", "gRPC probes are not offered here")
    period, timeout = probe.period_seconds or 10, probe.timeout_seconds or 1
    if probe.period_seconds < 0 or probe.timeout_seconds < 0 or probe.failure_threshold < 0:
        yield Violation(field, "periods, timeouts and thresholds must not be negative")
    if timeout > period:
        yield Violation(f"{field}.timeout_seconds", "must not exceed period_seconds")
    if kind == "startup_probe" and period * (probe.failure_threshold or 3) > MAX_STARTUP_S:
        yield Violation(field, f"failure_threshold * period_seconds must not exceed {MAX_STARTUP_S} s")
