"""How services are deployed on Cloud Run: read, scaled, given a revision; never anything beside that.

Every write names its fields in the update mask. Scaling is the service's own and makes no revision. A new
revision and its traffic list travel in one write, under a revision name that is chosen beforehand: nothing
floats to a revision that nobody wanted there. What a write takes the place of must stand as it was read when
the change was decided on: bounds or traffic that somebody else set meanwhile are not overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from google.cloud import run_v2
from google.protobuf import json_format

from gates.actions.ports import Clock
from gates.adapters.google.cloud_run_api import CallLimits, CloudRunApi, Update
from gates.adapters.google.cloud_run_values import (
    image_of,
    is_same_routing,
    service_state,
    short_name,
    traffic_targets,
    with_image,
)
from gates.errors import ActionError
from gates.model.configuration import NewRevision, Scaling, ServiceSettings
from gates.model.platform import Environment
from gates.model.state import MADE

_LIMITS = CallLimits(operation_s=180.0)
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
        self._api = CloudRunApi(environment, clock, _LIMITS)

    def close(self) -> None:
        """Close the channel."""
        self._api.close()

    def settings(self, service: str) -> ServiceSettings:
        """Return how a service is configured now.

        Raises:
            CloudError: the service cannot be read.
        """
        message = self._api.read(service)
        state, template = service_state(service, message), message.template
        return ServiceSettings(
            service=service,
            uri=state.uri,
            image=image_of(template),
            latest_ready=state.latest_ready,
            scaling=_scaling(message),
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
        message = run_v2.Service.pb(self._api.read(service))
        found: dict[str, object] = json_format.MessageToDict(message)
        return {key: value for key, value in found.items() if key not in _CHANGES_BY_ITSELF}

    def set_scaling(self, service: str, scaling: Scaling, *, over: Scaling) -> None:
        """Set the bounds of a service in the place of those that were read; no revision is made.

        Raises:
            ActionError: somebody else set other bounds meanwhile.
            CloudError: the service was not changed, or its operation failed.
        """
        wanted = run_v2.ServiceScaling(
            min_instance_count=scaling.minimum, max_instance_count=scaling.maximum or None
        )

        def make(current: Any) -> Any:
            if _scaling(current) not in (over, scaling):
                raise ActionError(f"another actor scaled {service} meanwhile; not overwritten")
            return run_v2.Service(scaling=wanted)

        change = Update(
            attempted=f"scale {service}",
            paths=("scaling",),
            make=make,
            is_applied=lambda current: _scaling(current) == scaling,
        )
        self._api.update(service, change)

    def deploy(self, service: str, image: str, new: NewRevision) -> None:
        """Make a revision with that image and the rest of today's template, and apply its traffic list.

        Raises:
            ActionError: somebody else moved the traffic meanwhile.
            CloudError: the service was not changed, or its operation failed.
        """
        self._deploy(service, lambda current: with_image(current.template, image), new)

    def redeploy(self, service: str, source: str, new: NewRevision) -> None:
        """Make a revision exactly like `source`, image by digest, and apply its traffic list.

        Raises:
            ActionError: somebody else moved the traffic meanwhile.
            CloudError: there is no such source, or the service was not changed, or its operation failed.
        """
        found = self._api.read_revision(service, source)
        copied = {field: getattr(found, field) for field in _COPIED if field in found}
        self._deploy(service, lambda _current: run_v2.RevisionTemplate(copied), new)

    def _deploy(self, service: str, template_of: Callable[[Any], Any], new: NewRevision) -> None:
        def make(current: Any) -> Any:
            if not is_same_routing(service_state(service, current).traffic, new.over):
                raise ActionError(
                    f"another actor moved the traffic of {service} meanwhile; not overwritten",
                    next_step="look at it (gate rollback status), then do it again",
                )
            template = template_of(current)
            template.revision = new.name
            template.annotations[MADE] = new.mark
            return run_v2.Service(template=template, traffic=traffic_targets(new.traffic))

        def is_applied(current: Any) -> bool:
            is_made = new.name in (current.template.revision, short_name(current.latest_created_revision))
            return is_made and is_same_routing(service_state(service, current).traffic, new.traffic)

        self._api.update(
            service,
            Update(
                attempted=f"deploy {new.name} of {service}",
                paths=("template", "traffic"),
                make=make,
                is_applied=is_applied,
            ),
        )


def _scaling(message: Any) -> Scaling:
    return Scaling(minimum=message.scaling.min_instance_count, maximum=message.scaling.max_instance_count)
