"""Cloud Run's Admin API v2: services are read, scaled, given a revision, and their traffic is moved.

Every write names its fields in the update mask. A new revision and its traffic list travel in one write,
under a name that is chosen beforehand: nothing floats to a revision that was not meant.

Three habits of that API shape the writes. A finished operation does not mean that traffic has moved, and a
failed one does not mean that it has not: the service's own state decides. Operations may be hidden from a
narrow role: then the service is read until it settled. Without an answer to a write it is not known whether
it was applied: it is read back. See https://cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from google.cloud import run_v2
from google.protobuf import json_format

from gates.adapters.google.cloud_run_api import CallLimits, CloudRunApi, Update
from gates.adapters.google.cloud_run_values import (
    is_serving,
    revision_state,
    service_state,
    short_name,
    traffic_targets,
    with_image,
)
from gates.errors import ActionError, CloudError, ConflictError
from gates.model.clock import Clock
from gates.model.configuration import NewRevision, Scaling, ServiceSettings
from gates.model.platform import Environment
from gates.model.state import MADE, RevisionState, ServiceState
from gates.model.traffic import TrafficSplit

_DEPLOYED_WITHIN_S = 180.0
_MANUAL = run_v2.ServiceScaling.ScalingMode.MANUAL
COPIED = tuple(name for name in run_v2.RevisionTemplate.meta.fields if name in run_v2.Revision.meta.fields)
"""What a copy of a revision takes over: every field that the client library knows of both."""
CHANGES_BY_ITSELF = (
    "uid", "generation", "createTime", "updateTime", "creator", "lastModifier", "client", "clientVersion",
    "observedGeneration", "terminalCondition", "conditions", "latestReadyRevision", "latestCreatedRevision",
    "trafficStatuses", "uri", "urls", "reconciling", "etag",
)  # fmt: skip
_EVERYBODY = "allUsers"
_INVOKERS = ("roles/run.invoker", "roles/run.servicesInvoker", "roles/run.admin")


class CloudRun:
    """The services of one environment; safe to use from several threads at once.

    `fence` is asked before every write, and raises LeaseLostError once another gate acts here.
    """

    def __init__(
        self,
        environment: Environment,
        clock: Clock,
        limits: CallLimits | None = None,
        fence: Callable[[], None] = lambda: None,
    ) -> None:
        self._api = CloudRunApi(environment, clock, limits, fence)

    def close(self) -> None:
        """Close the channel."""
        self._api.close()

    def describe(self, service: str) -> ServiceState:
        """Return what the cloud says of the service right now.

        Raises:
            CloudError: the service cannot be read.
        """
        return service_state(service, self._api.read(service))

    def revisions(self, service: str) -> tuple[RevisionState, ...]:
        """Return all revisions, newest first by create time: their names say nothing about their age.

        Raises:
            CloudError: the revisions cannot be listed.
        """
        found = map(revision_state, self._api.read_revisions(service))
        return tuple(sorted(found, key=lambda r: r.created_at, reverse=True))

    def audience(self, state: ServiceState) -> str:
        """Return what callers' tokens of a service must be meant for; empty when everybody may call it.

        Where its policy cannot be read, a token is sent: it does no harm where none is asked for.
        """
        try:
            bindings = self._api.read_policy(state.service).bindings
        except CloudError:
            return state.audience
        is_open = any(_EVERYBODY in one.members for one in bindings if one.role in _INVOKERS)
        return "" if is_open else state.audience

    def settings(self, service: str) -> ServiceSettings:
        """Return how a service is configured now.

        Raises:
            CloudError: the service cannot be read.
        """
        message = self._api.read(service)
        return ServiceSettings(
            service=service,
            latest_ready=short_name(message.latest_ready_revision),
            scaling=_scaling(message),
            revision_maximum=message.template.scaling.max_instance_count,
            concurrency=message.template.max_instance_request_concurrency,
        )

    def document(self, service: str) -> Mapping[str, object]:
        """Return the whole configuration as a plain document, without what changes by itself.

        Raises:
            CloudError: the service cannot be read.
        """
        message = run_v2.Service.pb(self._api.read(service))
        found: dict[str, object] = json_format.MessageToDict(message)
        return {key: value for key, value in found.items() if key not in CHANGES_BY_ITSELF}

    def set_scaling(self, service: str, scaling: Scaling, *, over: Scaling) -> None:
        """Set the bounds of a service in the place of those that were read; no revision is made.

        Raises:
            ActionError: another actor set other bounds meanwhile, or scales the service by hand: writing
                bounds would end that.
            CloudError: the service was not changed, or its operation failed.
        """
        wanted = run_v2.ServiceScaling(
            min_instance_count=scaling.minimum, max_instance_count=scaling.maximum or None
        )

        def make(current: Any) -> Any:
            if current.scaling.scaling_mode == _MANUAL:
                count, name = current.scaling.manual_instance_count, short_name(current.name)
                raise ActionError(
                    f"{service} is scaled by hand to {count} instances; bounds would switch that off",
                    next_step=f"gcloud run services update {name} --scaling=auto",
                )
            if _scaling(current) not in (over, scaling):
                raise ActionError(f"another actor scaled {service} meanwhile; not overwritten")
            return run_v2.Service(scaling=wanted)

        change = Update(
            attempted=f"scale {service}",
            paths=("scaling",),
            is_applied=lambda current: _scaling(current) == scaling,
            operation_s=_DEPLOYED_WITHIN_S,
        )
        self._api.update(service, change, make)

    def preview(self, service: str, split: TrafficSplit, etag: str, new: NewRevision | None = None) -> str:
        """Return the call that `write_traffic` would make, in words; sends nothing."""
        made = ""
        if new is not None:
            what = f"image={new.image}" if new.image else f"template=copy of {new.source}"
            made = f" {what} revision={new.name}"
        return (
            f"google.cloud.run.v2.Services/UpdateService name={self._api.path(service)} "
            f"update_mask={'template,' if new else ''}traffic{made} etag={etag} traffic=[{split}]"
        )

    def write_traffic(
        self, service: str, split: TrafficSplit, etag: str, new: NewRevision | None = None
    ) -> Callable[[], ServiceState]:
        """Replace the traffic list, with `new` make that revision too; return a call that waits for the end.

        Raises:
            ConflictError: the service changed since `etag` was read, or in between.
            UnavailableError: no answer, and the list is not the one that was sent (yet).
            OperationFailedError: the cloud accepted the list and could not apply it.
            CloudError: the cloud refused. The returned call raises what becomes known later.
        """
        # Without a new revision no template travels: sent back as read it would mint or clash one.
        wanted = run_v2.Service(traffic=traffic_targets(split))
        if new is not None:
            wanted.template = self._template(service, new, etag)

        def is_applied(found: Any) -> bool:
            names = (found.template.revision, short_name(found.latest_created_revision))
            is_made = new is None or new.name in names
            return is_made and service_state(service, found).traffic.is_same_routing(split)

        def is_in_force(found: Any) -> bool:
            state = service_state(service, found)
            return is_serving(state, split) and (new is None or state.is_ready)

        change = Update(
            attempted=f"deploy {new.name} of {service}" if new else f"move the traffic of {service}",
            paths=("template", "traffic") if new else ("traffic",),
            is_applied=is_applied,
            is_in_force=is_in_force,
            operation_s=_DEPLOYED_WITHIN_S if new else None,
        )
        ended = self._api.write(service, change, wanted, etag)
        return lambda: service_state(service, ended())

    def _template(self, service: str, new: NewRevision, etag: str) -> Any:
        """Return the new revision's template, made from what `etag` was read of or from its source.

        Raises:
            ConflictError: the service changed since.
            CloudError: there is no such source, or it cannot be read.
        """
        if new.source:
            found = self._api.read_revision(service, new.source)
            template = run_v2.RevisionTemplate(
                {field: getattr(found, field) for field in COPIED if field in found}
            )
        else:
            current = self._api.read(service)
            if current.etag != etag:
                raise ConflictError(f"{service} changed since it was read")
            template = with_image(current.template, new.image)
        template.revision = new.name
        if new.mark:
            template.annotations[MADE] = new.mark
        return template


def _scaling(message: Any) -> Scaling:
    return Scaling(minimum=message.scaling.min_instance_count, maximum=message.scaling.max_instance_count)
