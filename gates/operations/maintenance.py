"""Maintenance mode: users get a page of ours with 503 and Retry-After, and later exactly what they had.

A revision of the maintenance image takes all traffic behind the tag `maintenance`. What was there before is
in the ledger before the first write. Leaving makes a copy of the revision that served, so that "the latest"
is a working revision again, and puts the remembered traffic list back, or, after a rollback behind the page,
all traffic at its target; both travel in one write.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

from gates.errors import ConfigurationError
from gates.model.configuration import ServiceSettings
from gates.model.operation import OperationReceipt
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.operations.performing import Change, Performer
from gates.operations.ports import Configuration, OperationsLedger

ON = "maintenance on"
OFF = "maintenance off"
TAG = "maintenance"
UPDATE = "google.cloud.run.v2.Services/UpdateService"


class Maintenance:
    """Takes services out of use and back; `cloud_name` gives the cloud's name of a service."""

    def __init__(
        self,
        configuration: Configuration,
        performer: Performer,
        ledger: OperationsLedger,
        *,
        image: str | None,
        cloud_name: Callable[[str], str],
    ) -> None:
        self._configuration = configuration
        self._performer = performer
        self._ledger = ledger
        self._image = image
        self._cloud_name = cloud_name

    def turn_on(self, service: str, environment: str, *, is_dry: bool) -> OperationReceipt:
        """Give all traffic of a service to a maintenance revision.

        Raises:
            ConfigurationError: the environment names no maintenance image.
            CloudError: the service cannot be read.
        """
        if self._image is None:
            raise ConfigurationError(
                f"{environment} has no maintenance image",
                next_step="add `maintenanceImage` to the environment's document",
            )
        image, settings = self._image, self._configuration.settings(service)
        revision = self._name(service, TAG)
        change = Change(
            action=ON,
            subject=service,
            before=_memory(settings),
            after=_memory(settings) if is_on(settings) else revision,
            calls=(
                (
                    f"{UPDATE} service={service} update_mask=template,traffic"
                    f" image={image} revision={revision} traffic=[{revision}=100% tag={TAG}]"
                ),
            ),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            self._ledger.tombstone(environment, service, revision, "maintenance page, never a release")
            tags = [t for t in settings.traffic.targets if t.tag and t.tag != TAG]
            kept = tuple(TrafficTarget(revision=t.revision, tag=t.tag) for t in tags)
            page = TrafficTarget(revision=revision, percent=100, tag=TAG)
            self._configuration.deploy(service, image, revision, TrafficSplit(targets=(page, *kept)))
            return f"{revision} answers 503 with Retry-After"

        return self._performer.perform(change, act)

    def is_on(self, service: str) -> bool:
        """Whether users of the service get the page now.

        Raises:
            CloudError: the service cannot be read.
        """
        return is_on(self._configuration.settings(service))

    def turn_off(self, service: str, *, is_dry: bool, to: str = "") -> OperationReceipt:
        """Give the traffic back to what had it; a service that somebody moved meanwhile is left alone.

        `to` names the revision that gets all of it instead.

        Raises:
            CloudError: the service cannot be read.
        """
        settings = self._configuration.settings(service)
        memory = self._performer.remembered(service, on=ON, off=OFF)
        here = _memory(settings)
        is_ours = memory is not None and is_on(settings)
        source, split = _remembered(memory) if memory is not None and is_ours else ("", settings.traffic)
        if to and is_ours:
            source, split = to, split.all_to(to)
        revision = self._name(service, "resumed")
        change = Change(
            action=OFF,
            subject=service,
            before=here,
            after=memory if memory is not None and is_ours else here,
            calls=(
                (
                    f"{UPDATE} service={service} update_mask=template,traffic"
                    f" template=copy of {source} revision={revision} traffic={_list(split)}"
                ),
            ),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            self._configuration.redeploy(service, source, revision, split)
            return f"traffic is back as it was: {_list(split)}"

        return self._performer.perform(change, act)

    def _name(self, service: str, kind: str) -> str:
        return f"{self._cloud_name(service)}-{kind[:5]}-{secrets.token_hex(3)}"


def is_on(settings: ServiceSettings) -> bool:
    """Whether a maintenance revision has the service's traffic."""
    return any(target.tag == TAG and target.percent for target in settings.traffic.targets)


def _memory(settings: ServiceSettings) -> str:
    serving = max(settings.serving, key=lambda pair: pair[1], default=(settings.latest_ready, 0))[0]
    return json.dumps(
        {"serving": serving, "targets": [[t.revision, t.percent, t.tag] for t in settings.traffic.targets]}
    )


def _remembered(memory: str) -> tuple[str, TrafficSplit]:
    found = json.loads(memory)
    targets = tuple(
        TrafficTarget(revision=revision, percent=percent, tag=tag)
        for revision, percent, tag in found["targets"]
        if tag != TAG
    )
    return str(found["serving"]), TrafficSplit(targets=targets)


def _list(split: TrafficSplit) -> str:
    shown = (
        f"{target.revision or 'LATEST'}={target.percent}%" + (f" tag={target.tag}" if target.tag else "")
        for target in split.targets
    )
    return f"[{', '.join(shown)}]"
