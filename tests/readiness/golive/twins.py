"""How the configuration of a service differs between two environments, names aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from google.cloud import run_v2

from gates.model.target import Target

_TIMEOUT_S = 20.0


def differences(
    google: Callable[[type[Any]], Any], target: Target, other: Target
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every service with what is configured otherwise; both live in the same cloud API."""
    client = google(run_v2.ServicesClient)
    for service in target.services:
        here, there = (_shape(client, one, service.name) for one in (target, other))
        found = tuple(
            f"{key} is {here.get(key, 'unset')}, there {there.get(key, 'unset')}"
            for key in sorted(here.keys() | there.keys())
            if here.get(key) != there.get(key)
        )
        yield service.name, found


def _shape(client: Any, place: Target, service: str) -> dict[str, str]:
    """Return what should be alike: bounds, resources, probes, ingress, variables without their values."""
    name = place.service_name.format(service=service)
    path = f"projects/{place.project}/locations/{place.region}/services/{name}"
    found = client.get_service(name=path, timeout=_TIMEOUT_S)
    (container, *_) = found.template.containers
    scaling = found.template.scaling
    return {
        "ingress": found.ingress.name,
        "concurrency": str(found.template.max_instance_request_concurrency),
        "timeout": str(found.template.timeout),
        "instances": f"{scaling.min_instance_count}..{scaling.max_instance_count}",
        "limits": str(sorted(container.resources.limits.items())),
        "probes": f"startup {bool(container.startup_probe)}, liveness {bool(container.liveness_probe)}",
        "variables": ", ".join(sorted(entry.name for entry in container.env)),
    }
