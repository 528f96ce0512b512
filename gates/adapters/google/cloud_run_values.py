"""Between the messages of google.cloud.run.v2 and the values of the model.

The client library names the protobuf field `type` `type_`. Revisions are listed by full path and addressed
in traffic lists by their short name; an empty traffic list means that everything goes to the latest revision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from google.cloud import run_v2

from gates.errors import CloudError
from gates.model.access import OPEN
from gates.model.state import RevisionState, ServiceState
from gates.model.traffic import TrafficSplit, TrafficTarget

_LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
_SUCCEEDED = run_v2.Condition.State.CONDITION_SUCCEEDED
_INGRESSES = {
    "UNSPECIFIED": OPEN,
    "INTERNAL_ONLY": "internal",
    "INTERNAL_LOAD_BALANCER": "internal-and-cloud-load-balancing",
}
_FOLLOWS_LATEST = TrafficSplit(targets=(TrafficTarget(revision=None, percent=100),))


def service_state(service: str, message: Any) -> ServiceState:
    """Return the state that a `Service` message describes; `service` is the platform's name of it.

    Raises:
        CloudError: the traffic list makes no sense.
    """
    latest_ready = short_name(message.latest_ready_revision)
    return ServiceState(
        service=service,
        # Without its default URL a service may still have others.
        uri=message.uri or next(iter(message.urls), ""),
        etag=message.etag,
        is_reconciling=message.reconciling,
        is_ready=message.terminal_condition.state == _SUCCEEDED,
        latest_ready=latest_ready,
        latest_created=short_name(message.latest_created_revision),
        traffic=_split(service, message.traffic),
        serving=_serving(message.traffic_statuses, latest_ready),
        detail=message.terminal_condition.message,
        tag_uris=tuple(
            (short_name(status.revision) or latest_ready, status.uri)
            for status in message.traffic_statuses
            if status.tag and status.uri
        ),
        audience="" if message.invoker_iam_disabled else _audience(message),
        ingress=_ingress(message),
        managed_by=managed_by(message.labels),
    )


def _audience(message: Any) -> str:
    """Return the service's URL, or a custom audience where it has no URL."""
    return str(message.uri or next(iter(message.custom_audiences), ""))


def _ingress(message: Any) -> str:
    """Return the ingress as `gcloud` writes it: all, internal, and so on."""
    name = str(run_v2.IngressTraffic(message.ingress).name).removeprefix("INGRESS_TRAFFIC_")
    return _INGRESSES.get(name, name.lower())


def managed_by(labels: Mapping[str, str]) -> str:
    """Return the tool whose labels a service carries, for a person; empty when it carries none.

    Cloud Deploy labels what it deploys with `managed-by` and the id of its pipeline, the Terraform provider
    with `goog-terraform-provisioned`.
    """
    if labels.get("managed-by") == "google-cloud-deploy":
        pipeline = labels.get("delivery-pipeline-id")
        return f"Cloud Deploy (pipeline {pipeline})" if pipeline else "Cloud Deploy"
    if labels.get("goog-terraform-provisioned") == "true":
        return "Terraform"
    return labels.get("managed-by", "")


def revision_state(message: Any) -> RevisionState:
    """Return the state that a `Revision` message describes; the digest is empty when the image shows none."""
    image = image_of(message)
    ready = next((condition for condition in message.conditions if condition.type_ == "Ready"), None)
    return RevisionState(
        name=short_name(message.name),
        image=image,
        digest=image.partition("@")[2],
        created_at=message.create_time,
        is_ready=ready is not None and ready.state == _SUCCEEDED,
        detail=ready.message if ready is not None else "no Ready condition yet",
        created_by=message.creator,
        annotations=tuple(sorted(message.annotations.items())),
    )


def application(message: Any) -> Any:
    """Return the container of a revision or template that takes the requests, or None when there is none.

    Of several it is the one with `ports`: the others stand beside it, in any order. A single container need
    not name its port.
    """
    containers = list(message.containers)
    return next((one for one in containers if one.ports), containers[0] if containers else None)


def image_of(message: Any) -> str:
    """Return the image of the application; empty when there is no container."""
    found = application(message)
    return found.image if found is not None else ""


def with_image(template: Any, image: str) -> Any:
    """Return a copy of a template whose application has that image; every other container stays as it is.

    Raises:
        CloudError: the template has no container.
    """
    changed = run_v2.RevisionTemplate(template)
    found = application(changed)
    if found is None:
        raise CloudError("the service has no container that could be given an image")
    found.image = image
    return changed


def traffic_targets(split: TrafficSplit) -> list[Any]:
    """Return the traffic list as messages, tags included: what is not repeated is deleted."""
    return [
        run_v2.TrafficTarget(
            type_=_LATEST if target.revision is None else _REVISION,
            revision=target.revision or "",
            percent=target.percent,
            tag=target.tag,
        )
        for target in split.targets
    ]


def is_serving(state: ServiceState, split: TrafficSplit) -> bool:
    """Whether the cloud reports the split as applied."""
    wanted: Counter[str] = Counter()
    for target in split.targets:
        if target.percent:
            wanted[target.revision or state.latest_ready] += target.percent
    return dict(state.serving) == dict(wanted)


def short_name(path: str) -> str:
    """Return the last part of a resource name."""
    return path.rpartition("/")[2]


def _split(service: str, targets: Any) -> TrafficSplit:
    if not targets:
        return _FOLLOWS_LATEST
    try:
        return TrafficSplit(
            targets=tuple(
                TrafficTarget(
                    revision=None if target.type_ == _LATEST else short_name(target.revision),
                    percent=target.percent,
                    tag=target.tag,
                )
                for target in targets
            )
        )
    except ValueError as error:
        raise CloudError(
            f"the cloud reports a traffic list of {service} that makes no sense: {error}"
        ) from error


def _serving(statuses: Any, latest_ready: str) -> tuple[tuple[str, int], ...]:
    shares: Counter[str] = Counter()
    for status in statuses:
        if status.percent:
            shares[short_name(status.revision) or latest_ready] += status.percent
    return tuple(shares.items())
