"""Gives a service a revision of another image and takes it away again, through Cloud Run's Admin API v2."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from google.cloud import run_v2

from gates.actions.ports import Clock
from gates.adapters.google.cloud_run_api import CallLimits, CloudRunApi, Update
from gates.adapters.google.cloud_run_values import short_name, with_image
from gates.adapters.machine.clock import SystemClock
from gates.errors import OperationFailedError
from gates.model.platform import Environment

_LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
_LIMITS = CallLimits(read_s=30.0, write_s=30.0, operation_s=180.0)


class CloudRunDeployer:
    """Remembers what each service was like before its first deployment, and brings that back."""

    def __init__(self, environment: Environment, clock: Clock | None = None) -> None:
        self._api = CloudRunApi(environment, clock or SystemClock(), _LIMITS)
        self._environment = environment
        self._before: dict[str, Any] = {}

    def close(self) -> None:
        """Close the channel."""
        self._api.close()

    def deploy(self, service: str, image: str, *, percent: int, tag: str) -> str:
        """Deploy `image` as a new revision with a share of the traffic and perhaps a tag; return its name.

        A revision that the cloud accepted and that never became ready is returned too: it is what is judged.

        Raises:
            CloudError: the cloud refused.
        """
        before = self._before.setdefault(service, self._api.read(service))
        template = with_image(before.template, image)
        return self._update(service, template, _split(percent=percent, tag=tag))[0]

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
        name, error = self._update(service, template, lambda _current, _new: traffic)
        if error:
            raise OperationFailedError(f"{service} was not restored: {name}: {error}")
        del self._before[service]

    def _update(self, service: str, template: Any, traffic: _Traffic) -> tuple[str, str]:
        """Send template and traffic; return the new revision's name and why it failed, if it did."""
        revision = f"{self._environment.cloud_run_name(service)}-{secrets.token_hex(4)}"
        template.revision = revision
        change = Update(
            attempted=f"deploy {service}",
            paths=("template", "traffic"),
            make=lambda current: run_v2.Service(template=template, traffic=traffic(current, revision)),
            is_applied=lambda current: (
                revision in (current.template.revision, short_name(current.latest_created_revision))
            ),
        )
        try:
            self._api.update(service, change)
        except OperationFailedError as error:
            return revision, error.cause
        return revision, ""


_Traffic = Callable[[Any, str], list[Any]]
"""From the service as it was read and the new revision's name to the traffic list."""


def _split(*, percent: int, tag: str) -> _Traffic:
    """Return the list that gives a new revision its share and the rest to the latest ready one."""

    def targets(current: Any, new: str) -> list[Any]:
        serving = short_name(current.latest_ready_revision)
        rest = [run_v2.TrafficTarget(type_=_REVISION, revision=serving, percent=100 - percent)]
        mine = run_v2.TrafficTarget(type_=_REVISION, revision=new, percent=percent, tag=tag)
        return [*(rest if percent < 100 else []), *([mine] if percent or tag else [])]  # noqa: PLR2004 - per cent

    return targets
